"""Transposed convolution: one matrix product makes the window that each cell paints, then windows are added up.

In groups there is a product for each, which for groups of one channel and one map is one multiplication for all.
Where windows neither overlap nor leave gaps (F = S), every tap is simply copied to its places.
Cost: F*F*C*K multiply-accumulates an input cell at the speed of the product, and F*F*K values added or copied.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ...graph.array import Array
from ..reference.transposed_convolution import inside, padded_extent, tap
from ..strips import Call, FilterBank, Scratch, Strip, StripResult, add_bias, evenly, strips


class Transposed:
    """Weight (C, K/G, FH, FW) in G groups with the windows of rows and columns, which run over the output; x has no
    border."""

    def __init__(self, filters: FilterBank) -> None:
        weight, windows, self.bias, G = filters
        self.windows = windows
        C, self.depth = weight.shape[:2]
        self.maps = G * self.depth
        self.weight = np.ascontiguousarray(weight.transpose(0, 2, 3, 1).reshape(G, C // G, -1))
        fits = all(s.F == s.S and s.D == 1 and not s.before and s.size == s.outputs * s.S for s in windows)
        self.is_mosaic = fits and G == 1

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        rows, columns = self.windows
        if not self.is_mosaic:
            yield from (Strip(i, i + 1, 0, H, 0, self.maps) for i in range(n))
            return
        for strip in strips(n, rows.outputs, self.maps, columns.outputs * sum(self.weight.shape[1:])):
            yield Strip(strip.n0, strip.n1, strip.r0 * rows.S, strip.r1 * rows.S, 0, self.maps)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        rows, columns = self.windows
        seen = x[strip.n0 : strip.n1]
        if self.is_mosaic:
            seen = seen[:, strip.r0 // rows.S : strip.r1 // rows.S]
        n, H, W, _ = seen.shape
        cells, calls = evenly(seen, scratch)
        y, paint = self._windows(cells, scratch)
        calls.append(paint)
        windows = y.reshape(n, H, W, *y.shape[1:])
        if self.is_mosaic:
            calls += add_bias(windows.reshape(n * H, -1), strip.own(self.bias))
            return StripResult(calls, list(_mosaic(windows[:, :, :, :, :, 0])))
        total = scratch.take(n, padded_extent(rows, H), padded_extent(columns, W), self.maps)
        calls.append(partial(np.copyto, total, 0 if self.bias is None else self.bias))
        groups = total.reshape(*total.shape[:3], -1, self.depth)
        for i in range(rows.F):
            for j in range(columns.F):
                below = groups[:, tap(rows, i, H), tap(columns, j, W)]
                calls.append(partial(np.add, below, windows[:, :, :, i, j], out=below))
        return StripResult(calls, [(total[:, inside(rows), inside(columns)], ())])

    def _windows(self, cells: Array, scratch: Scratch) -> tuple[Array, Call]:
        """What each of the cells (cells, C) paints, as (cells, FH, FW, G, K/G), and the call that makes it."""
        G, C, values = self.weight.shape
        window = tuple(window.F for window in self.windows)
        if C == self.depth == 1:
            # There is no product to share: every value by itself times its filter.
            y = scratch.take(len(cells), values, G)
            taps = np.ascontiguousarray(self.weight[:, 0].T)
            return y.reshape(-1, *window, G, 1), partial(np.multiply, cells[:, None], taps, out=y)
        y = scratch.take(len(cells), G, values)
        paint = partial(np.matmul, _by_group(cells.reshape(-1, G, C)), self.weight, out=_by_group(y))
        return y.reshape(-1, G, *window, self.depth).transpose(0, 2, 3, 1, 4), paint


def _by_group(x: Array) -> Array:
    """(cells, G, values) as one matrix a group."""
    return x.transpose(1, 0, 2)


def _mosaic(taps: Array) -> Iterator[tuple[Array, tuple[slice, ...]]]:
    """The taps of windows that lie side by side, each with its places in the output."""
    FH, FW = taps.shape[3:5]
    for i in range(FH):
        for j in range(FW):
            yield taps[:, :, :, i, j], (slice(None), slice(i, None, FH), slice(j, None, FW))
