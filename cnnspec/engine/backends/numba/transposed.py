"""Transposed convolution: the output's cells that are S apart are made by the same taps of the filters, so each such
phase is a convolution of stride 1 by a kernel that there is already, written where the phase lies.

Nothing is painted and added up, so every output is written once, and finished with it.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from ....graph.array import Array
from ....graph.window import SlidingWindow
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import FilterBank, Scratch, Strip, strips
from ...halo import Halo
from ...schedule import WorkItem
from . import direct
from .by_channel import ByChannel, depthwise, whole
from .direct import Direct
from .kernel import CompiledKernel
from .kernel_selection import ITEMS
from .limits import Limits
from .phases import Phase, phases


class Part(NamedTuple):
    """The phases of a row and of a column, and the kernel that makes all cells in which they meet. One that has no taps
    makes of zeros what is made of nothing: the bias."""

    down: Phase
    across: Phase
    kernel: CompiledKernel
    has_taps: bool


class Transposed:
    """Weight (C, K/G, FH, FW) in G groups, with windows that run over the output; x begins at the first cell of its
    border `halo`."""

    def __init__(self, filters: FilterBank, halo: Halo, limits: Limits, vectors: Vectors) -> None:
        weight, self.windows, bias, G = filters
        C, maps = weight.shape[:2]
        self.K, self.halo = G * maps, halo
        self.nothing = np.zeros(self.K, np.float32)
        bias = self.nothing if bias is None else bias
        by_map = weight.reshape(G, C // G, *weight.shape[1:]).swapaxes(1, 2).reshape(self.K, C // G, *weight.shape[2:])
        self.cost = self.windows[1].size * (self.K * self.windows[0].S + C // self.windows[1].S)
        self.parts = []
        for down, across in product(*phases(self.windows)):
            axes = _convolved(down), _convolved(across)
            if down.taps and across.taps:
                bank = FilterBank(by_map[:, :, down.taps][..., across.taps], axes, bias, G)
                kernel = depthwise(bank, limits, vectors) if G == C == self.K > 1 else Direct(bank, limits, vectors)
            else:
                kernel = ByChannel("total", (whole(axes[0]), whole(axes[1])), bias, limits, vectors)
            if down.length and across.length:
                self.parts.append(Part(down, across, kernel, bool(down.taps and across.taps)))

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        """Of S rows, or some times as many: all phases."""
        S = self.windows[0].S
        count = -(-H // S)
        room = min(direct.STRIP, max(2 * self.cost, n * count * self.cost // ITEMS))
        for strip in strips(n, count, self.K, self.cost, room=room):
            yield strip._replace(r0=strip.r0 * S, r1=min(strip.r1 * S, H))

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        rows, columns = self.windows
        x = x[strip.n0 : strip.n1, strip.r0 // rows.S - skipped :]
        calls: WorkItem = []
        for down, across, kernel, has_taps in self.parts:
            phase = slice(None), slice(down.first, None, rows.S), slice(across.first, None, columns.S)
            written = out[phase]
            if not written.size:
                continue
            if has_taps:
                seen = x[:, self.halo.top + down.cells[0] :, self.halo.left + across.cells[0] :]
            else:
                seen = np.broadcast_to(self.nothing, written.shape)
            own = Strip(0, len(written), 0, written.shape[1], 0, self.K)
            more = None if plus is None else plus[phase]
            calls += kernel.bind(seen, written, more, own, scratch.branch())
        return calls


def _convolved(phase: Phase) -> SlidingWindow:
    """The windows of a phase, over what its first one looks at and all behind; without taps they see one cell each."""
    step = phase.cells[1] - phase.cells[0] if len(phase.cells) > 1 else 1
    F = max(1, len(phase.cells))
    return SlidingWindow(phase.length + step * (F - 1), F, D=step)
