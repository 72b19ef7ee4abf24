"""Means over windows and bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...graph.array import Array
from ...graph.window import SlidingWindow, SlidingWindows, bins
from ..channels_last import empty, zeros


def coverage(windows: SlidingWindows, padding: bool) -> NDArray[np.intp]:
    """How many cells of each window lie on the input, with `padding` on the padded input: (rows, columns)."""
    rows, columns = (_covered(window, padding) for window in windows)
    return rows[:, None] * columns


def _covered(window: SlidingWindow, padding: bool) -> NDArray[np.intp]:
    before, after = (window.before, window.after) if padding else (0, 0)
    cells = np.arange(window.outputs)[:, None] * window.S + np.arange(window.F) * window.D - window.before
    counts: NDArray[np.intp] = ((-before <= cells) & (cells < window.size + after)).sum(axis=1)
    return counts


def seen_by(window: SlidingWindow, tap: int, within: range | None = None) -> tuple[slice, slice]:
    """The cells that one tap of the windows `within` (by default all) sees of an axis, and for which of them, counted
    from the first, it lies on the axis."""
    within = within or range(window.outputs)
    start = tap * window.D - window.before
    begin = max(within.start, -(start // window.S))
    end = max(begin, min(within.stop, (window.size - 1 - start) // window.S + 1))
    start += begin * window.S
    cells = slice(start, start + (end - begin - 1) * window.S + 1 if end > begin else start, window.S)
    return cells, slice(begin - within.start, end - within.start)


def bin_shares(size: int, out: int, dtype: DTypeLike = np.float32) -> Array:
    """(out, size): the share of each cell of an axis in the mean of each bin."""
    shares = np.zeros((out, size), dtype)
    for share, (first, end) in zip(shares, bins(size, out), strict=True):
        share[first:end] = 1 / (end - first)
    return shares


def average_bins(x: Array, axis: int, out: int) -> Array:
    """Means along one axis over `out` bins that cover it. Rows first, then columns, is the mean over both."""
    cells = np.moveaxis(x, axis, 0)
    return np.stack([cells[a:b].mean(axis=0) for a, b in bins(len(cells), out)], axis)


def largest_of_bins(x: Array, out: tuple[int, int]) -> Array:
    """The largest value of each bin of rows and columns of x (N, C, H, W)."""
    y = empty((*x.shape[:2], *out), x.dtype)
    for i, (top, below) in enumerate(bins(x.shape[2], out[0])):
        for j, (left, beside) in enumerate(bins(x.shape[3], out[1])):
            y[:, :, i, j] = x[:, :, top:below, left:beside].max(axis=(2, 3))
    return y


def largest_of_bins_adjoint(x: Array, dy: Array) -> Array:
    """The gradient by x: that of each bin goes to the first of its largest values."""
    dx = zeros(x.shape, dy.dtype)
    for i, (top, below) in enumerate(bins(x.shape[2], dy.shape[2])):
        for j, (left, beside) in enumerate(bins(x.shape[3], dy.shape[3])):
            seen = x[:, :, top:below, left:beside]
            row, column = np.divmod(seen.reshape(*x.shape[:2], -1).argmax(axis=2), beside - left)
            image, channel = np.ogrid[: len(x), : x.shape[1]]
            dx[image, channel, top + row, left + column] += dy[:, :, i, j]
    return dx
