"""Transposed convolution: one matrix product makes the window that each cell paints, then windows are added up.

Where windows neither overlap nor leave gaps (F = S), every tap is simply copied to its places.
Cost: F*F*C*K multiply-accumulates an input cell at the speed of the product, and F*F*K values added or copied.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..geometry import Sweep
from .adjoint import inside, painted, tap
from .strips import Made, Scratch, Strip, add_bias, evenly, strips
from .windows import Array


class Painted:
    """Weight (C, K/G, FH, FW) in G groups with the sweeps of rows and columns, which run over the output; x has no
    border."""

    def __init__(self, weight: Array, sweeps: tuple[Sweep, Sweep], bias: Array | None, G: int) -> None:
        self.bias = bias
        self.sweeps = sweeps
        C, self.depth = weight.shape[:2]
        self.maps = G * self.depth
        self.weight = np.ascontiguousarray(weight.transpose(0, 2, 3, 1).reshape(G, C // G, -1))
        fits = all(s.F == s.S and s.D == 1 and not s.before and s.size == s.outputs * s.S for s in sweeps)
        self.is_mosaic = fits and G == 1

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        rows, columns = self.sweeps
        if not self.is_mosaic:
            yield from (Strip(i, i + 1, 0, H, 0, self.maps) for i in range(n))
            return
        for strip in strips(n, rows.outputs, self.maps, columns.outputs * sum(self.weight.shape[1:])):
            yield Strip(strip.n0, strip.n1, strip.r0 * rows.S, strip.r1 * rows.S, 0, self.maps)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> Made:
        rows, columns = self.sweeps
        seen = x[strip.n0 : strip.n1]
        if self.is_mosaic:
            seen = seen[:, strip.r0 // rows.S : strip.r1 // rows.S]
        n, H, W, _ = seen.shape
        cells, calls = evenly(seen, scratch)
        G, depth, taps = self.weight.shape
        y = scratch.take(len(cells), G, taps)
        calls.append(partial(np.matmul, _by_group(cells.reshape(-1, G, depth)), self.weight, out=_by_group(y)))
        painting = y.reshape(n, H, W, G, rows.F, columns.F, self.depth)
        if self.is_mosaic:
            calls += add_bias(y.reshape(n * H, -1), strip.own(self.bias))
            return Made(calls, list(_mosaic(painting[:, :, :, 0])))
        total = scratch.take(n, painted(rows, H), painted(columns, W), self.maps)
        calls.append(partial(np.copyto, total, 0 if self.bias is None else self.bias))
        groups = total.reshape(*total.shape[:3], G, self.depth)
        for i in range(rows.F):
            for j in range(columns.F):
                below = groups[:, tap(rows, i, H), tap(columns, j, W)]
                calls.append(partial(np.add, below, painting[:, :, :, :, i, j], out=below))
        return Made(calls, [(total[:, inside(rows), inside(columns)], ())])


def _by_group(x: Array) -> Array:
    """(cells, G, values) as one matrix a group."""
    return x.transpose(1, 0, 2)


def _mosaic(taps: Array) -> Iterator[tuple[Array, tuple[slice, ...]]]:
    """The taps of windows that lie side by side, each with its places in the output."""
    FH, FW = taps.shape[3:5]
    for i in range(FH):
        for j in range(FW):
            yield taps[:, :, :, i, j], (slice(None), slice(i, None, FH), slice(j, None, FW))
