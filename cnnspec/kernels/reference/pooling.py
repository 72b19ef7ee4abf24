"""Means over windows and bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...graph.array import Array
from ...graph.window import SlidingWindow, SlidingWindows, bins


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
