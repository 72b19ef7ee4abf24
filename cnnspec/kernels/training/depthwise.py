"""Depthwise convolution and the way back through it: every channel has a filter of its own.

All three are sums of products of windows. As in the engine, `einsum`'s inner loop runs over a stretch of cells, for
which the filters are repeated; at larger strides, over a cell's channels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...graph.array import Array
from ...graph.window import SlidingWindows
from ..inference.depthwise import neighbours
from ..reference.transposed_convolution import inside, padded_extent, tap
from .padding import is_mirrored, mirrored, padded


def depthwise(x: Array, weight: Array, windows: SlidingWindows) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """x (N, H, W, C) with weight (C, 1, FH, FW): (N, rows, columns, C)."""
    filters = np.ascontiguousarray(weight[:, 0].transpose(1, 2, 0))

    def back(dy: Array) -> tuple[Array, Array]:
        by_filters = _by_filters(x, dy, windows).transpose(2, 0, 1)[:, None]
        if is_mirrored(windows):
            return _correlate(dy, filters[::-1, ::-1].copy(), mirrored(windows)), np.ascontiguousarray(by_filters)
        return _paint(dy, filters, windows), np.ascontiguousarray(by_filters)

    return _correlate(x, filters, windows), back


def _correlate(x: Array, filters: Array, windows: SlidingWindows) -> Array:
    """x (N, H, W, C) and filters (FH, FW, C)."""
    seen = _windows(x, windows)
    repeated = np.tile(filters, (1, 1, seen.shape[5] // x.shape[3]))
    y = np.empty((*seen.shape[:3], seen.shape[5]), x.dtype)
    np.einsum("nhbijk,ijk->nhbk", seen, repeated, out=y)
    return y.reshape(*seen.shape[:2], -1, x.shape[3])


def _by_filters(x: Array, dy: Array, windows: SlidingWindows) -> Array:
    """The gradient (FH, FW, C) by the filters."""
    seen = _windows(x, windows)
    stretches: Array = np.einsum("nhbijk,nhbk->ijk", seen, dy.reshape(*seen.shape[:3], seen.shape[5]))
    total: Array = stretches.reshape(*stretches.shape[:2], -1, x.shape[3]).sum(axis=2)
    return total


def _paint(dy: Array, filters: Array, windows: SlidingWindows) -> Array:
    """The adjoint of `_correlate` at any stride: tap by tap, added to where it lies."""
    rows, columns = windows
    N, H, W, C = dy.shape
    total = np.zeros((N, padded_extent(rows, H), padded_extent(columns, W), C), dy.dtype)
    for i in range(rows.F):
        for j in range(columns.F):
            total[:, tap(rows, i, H), tap(columns, j, W)] += dy * filters[i, j]
    return np.ascontiguousarray(total[:, inside(rows), inside(columns)])


def _windows(x: Array, windows: SlidingWindows) -> Array:
    """All windows over the padded x, stretches of `neighbours` cells at once: (N, rows, stretches, FH, FW, values)."""
    rows, columns = windows
    C = x.shape[3]
    x = padded(x, windows)
    count = neighbours(columns, C)
    s = x.strides
    return as_strided(
        x,
        (len(x), rows.outputs, columns.outputs // count, rows.F, columns.F, count * C),
        (s[0], rows.S * s[1], count * columns.S * s[2], rows.D * s[1], columns.D * s[2], s[3]),
        writeable=False,
    )
