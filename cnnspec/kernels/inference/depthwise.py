"""Depthwise convolution: every channel has a filter of its own, so there is no product to share.

One `einsum` over overlapping windows. The filters are repeated along the columns, so that its inner loop runs over
a whole stretch of cells instead of over one cell's channels.
Cost: F*F multiply-accumulates a value at the speed of the cache, about 8 a nanosecond.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...graph.array import Array
from ...graph.window import SlidingWindow
from ..strips import Call, FilterBank, Scratch, Strip, StripResult, add_bias, strips

STRETCH = 8192
"""Values of the inner loop: the filters, 9 taps of so many, stay in the second-level cache."""


class Depthwise:
    """Weight (C, 1, FH, FW) with the windows of rows and columns; x begins at the first padded cell."""

    def __init__(self, filters: FilterBank) -> None:
        weight, windows, self.bias, _ = filters
        self.windows = windows
        C = len(weight)
        self.cells = neighbours(windows[1], C)
        taps = weight[:, 0].transpose(1, 2, 0)
        self.weight = np.ascontiguousarray(np.tile(taps, (1, 1, self.cells)))

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        C = self.weight.shape[2] // self.cells
        yield from strips(n, H, C, 2 * W * C)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        rows, columns = self.windows
        n, H, C = strip.n1 - strip.n0, strip.r1 - strip.r0, x.shape[3]
        stretch = self.weight.shape[2]
        calls: list[Call] = []
        start = x[strip.n0 : strip.n1, strip.r0 * rows.S : (strip.r1 - 1) * rows.S + rows.extent]
        if start.strides[2] != C * start.itemsize:
            dense = scratch.take(*start.shape)
            calls.append(partial(np.copyto, dense, start))
            start = dense
        s = start.strides
        seen = as_strided(
            start,
            (n, H, columns.outputs // self.cells, rows.F, columns.F, stretch),
            (s[0], rows.S * s[1], self.cells * columns.S * s[2], rows.D * s[1], columns.D * s[2], s[3]),
            writeable=False,
        )
        y = scratch.take(n, H, columns.outputs // self.cells, stretch)
        calls.append(partial(np.einsum, "nhbijk,ijk->nhbk", seen, self.weight, out=y))
        calls += add_bias(y.reshape(n * H, -1), strip.own(self.bias))
        return StripResult(calls, [(y.reshape(n, H, columns.outputs, C), ())])


def neighbours(columns: SlidingWindow, C: int) -> int:
    """How many cells of C values are taken at once: at stride 1, where they are neighbours in memory, as many as divide
    the row."""
    most = max(1, STRETCH // C) if columns.S == 1 else 1
    return max(d for d in range(1, min(most, columns.outputs) + 1) if columns.outputs % d == 0)
