"""Windows backwards: what each window holds is added to where the window lies.

Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

import numpy as np

from ...graph.array import Array
from ...graph.window import SlidingWindow, SlidingWindows


def col2im(seen: Array, windows: SlidingWindows) -> Array:
    """The adjoint of `sliding_windows`: (N, C, rows, columns, FH, FW) values added up to (N, C, H, W).

    `windows` run over the result; its padding is added to as well and then cut off.
    """
    N, C, *counts, _, _ = seen.shape
    rows, columns = windows
    sizes = [padded_extent(window, count) for window, count in zip(windows, counts, strict=True)]
    total = np.zeros((N, C, *sizes), seen.dtype)
    for i in range(rows.F):
        for j in range(columns.F):
            total[:, :, tap(rows, i, counts[0]), tap(columns, j, counts[1])] += seen[..., i, j]
    return np.ascontiguousarray(total[:, :, inside(rows), inside(columns)])


def padded_extent(window: SlidingWindow, count: int) -> int:
    """Cells of the padded axis that `count` windows need: with `extra` up to D they may pass its end."""
    return max(window.before + window.size + window.after, (count - 1) * window.S + window.extent)


def tap(window: SlidingWindow, tap: int, count: int) -> slice:
    """Where one tap of `count` windows lies on the padded axis."""
    first = tap * window.D
    return slice(first, first + (count - 1) * window.S + 1, window.S)


def inside(window: SlidingWindow) -> slice:
    return slice(window.before, window.before + window.size)


def deconvolve(x: Array, weight: Array, windows: SlidingWindows, G: int) -> Array:
    """The adjoint of `convolve`: x (N, C, H, W), weight (C, K/G, FH, FW) to (N, K, rows, columns)."""
    N, C, H, W = x.shape
    maps, *window = weight.shape[1:]
    filters = weight.reshape(G, C // G, -1).swapaxes(1, 2)
    seen = np.matmul(filters, x.reshape(N, G, C // G, H * W))
    return col2im(seen.reshape(N, G * maps, *window, H, W).transpose(0, 1, 4, 5, 2, 3), windows)
