"""Convolution by `kernels/compiled/convolution.py`: its filters in panels, its table for each strip."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ....graph.array import Array
from ....kernels.compiled.packing import packed, padded_bias
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import CACHE, FilterBank, Scratch, Strip, strips
from ...schedule import WorkItem
from .kernel import two_limits
from .kernel_selection import ITEMS
from .limits import Limits
from .native import NativeCall, function

PANEL_BYTES = 256 * 1024
"""Of a panel's part that meets all cells of a strip before the next one: it stays in the second-level cache."""
STRIP = CACHE // 2
"""float32 values of a strip's image and output, which stay there beside it."""
FEW_CELLS = 256
"""Up to which channels are cut before rows: then every filter is read once."""


def name_of_convolution(K: int, vectors: Vectors) -> str:
    """The function for K filters, which are packed for the vectors that fit them."""
    return "convolution" if vectors.fitting(K) == vectors else "narrow_convolution"


class Direct:
    """Weight (K, C/G, FH, FW) in G groups; one call for each group and strip. x begins at the first padded cell."""

    def __init__(self, filters: FilterBank, limits: Limits, vectors: Vectors) -> None:
        weight, self.windows, bias, self.G = filters
        self.K, self.C = len(weight) // self.G, weight.shape[1]
        self.function = function(name_of_convolution(self.K, vectors), vectors)
        vectors = vectors.fitting(self.K)
        biases = np.zeros(len(weight), np.float32) if bias is None else bias
        self.filters = [packed(part, vectors) for part in np.split(weight, self.G)]
        self.biases = [padded_bias(part, vectors) for part in np.split(biases, self.G)]
        self.limits = two_limits(limits)
        self.vectors = vectors

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        rows, columns = self.windows
        K, panel = self.K * self.G, self.vectors.panel
        panels = -(-self.K // panel)
        if n * H * W <= FEW_CELLS and self.G == 1 and panels > 1:
            yield from self.by_panels(n, H)
            return
        cost = W * (self.C * self.G * rows.S * columns.S + K)
        yield from strips(n, H, K, cost, room=min(STRIP, max(2 * cost, n * H * cost // ITEMS)))

    def by_panels(self, n: int, H: int) -> Iterator[Strip]:
        """Half of the panels for the upper rows and then for the lower ones, and the same with the others: two threads
        have as much of either half of the rows, also where their number is odd. A single row is not cut."""
        K = self.K
        wide = self.wide(ITEMS if H == 1 else ITEMS // 2)
        for i, k in enumerate(range(0, K, wide)):
            middle = (H + 1 - i % 2) // 2
            for first, end in ((0, H),) if H == 1 else ((0, middle), (middle, H)):
                yield Strip(0, n, first, end, k, min(k + wide, K))

    def wide(self, pieces: int) -> int:
        """Channels of each of so many pieces but the last: whole panels."""
        panel = self.vectors.panel
        return -(-self.K // (pieces * panel)) * panel

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        x = x[strip.n0 : strip.n1, strip.r0 * self.windows[0].S - skipped :]
        taps, depth = self.taps(x)
        table = scratch.take(2 * 3 * out[..., 0].size)  # a whole number has the bytes of two values
        return [self.call(g, x, out, plus, strip.k0, taps, depth, table) for g in range(self.G)]

    def call(
        self,
        g: int,
        x: Array,
        out: Array,
        plus: Array | None,
        first: int,
        taps: NDArray[np.int64],
        depth: int,
        table: Array,
    ) -> NativeCall:
        """A group's part of a strip, from channel `first` on where there is but one group."""
        n, H, W, K = out.shape
        K //= self.G
        rows, columns = self.windows
        filters, bias = self.filters[g], self.biases[g]
        most = max(1, PANEL_BYTES // (4 * self.vectors.panel))
        tap_block, depth_block = (
            (max(1, most // depth), depth) if depth <= most else (1, -(-depth // -(-depth // most)))
        )
        fields = (
            x.ctypes.data + 4 * g * self.C,
            out.ctypes.data + 4 * g * K,
            0 if plus is None else plus.ctypes.data + 4 * g * K,
            filters.ctypes.data + 4 * first * len(taps) * depth,
            bias.ctypes.data + 4 * first,
            *(array.ctypes.data for array in (self.limits, taps, table)),
            *(n, H, W),
            *(x.strides[0], rows.S * x.strides[1], columns.S * x.strides[2]),
            *out.strides[:3],
            *((0, 0, 0) if plus is None else plus.strides[:3]),
            *(len(taps), tap_block, depth, depth_block, K),
        )
        return NativeCall(self.function, fields, x, out, plus, filters, bias, self.limits, taps, table)

    def taps(self, x: Array) -> tuple[NDArray[np.int64], int]:
        """Bytes from a window's first cell to each of its taps, and the values of a tap. A row of the window is one tap
        where its cells are neighbours."""
        rows, columns = self.windows
        _, row, column, value = x.strides
        down = np.arange(rows.F, dtype=np.int64) * rows.D * row
        if columns.D == 1 and column == self.C * value:
            return down, columns.F * self.C
        across = np.arange(columns.F, dtype=np.int64) * columns.D * column
        return np.add.outer(down, across).reshape(-1), self.C
