"""Means over windows and bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...graph.array import Array
from ...graph.window import Sweep, bins


def coverage(sweeps: tuple[Sweep, Sweep], padding: bool) -> NDArray[np.intp]:
    """How many cells of each window lie on the input, with `padding` on the padded input: (rows, columns)."""
    rows, columns = (_covered(sweep, padding) for sweep in sweeps)
    return rows[:, None] * columns


def _covered(sweep: Sweep, padding: bool) -> NDArray[np.intp]:
    before, after = (sweep.before, sweep.after) if padding else (0, 0)
    cells = np.arange(sweep.outputs)[:, None] * sweep.S + np.arange(sweep.F) * sweep.D - sweep.before
    counts: NDArray[np.intp] = ((-before <= cells) & (cells < sweep.size + after)).sum(axis=1)
    return counts


def seen_by(sweep: Sweep, tap: int, within: range | None = None) -> tuple[slice, slice]:
    """The cells that one tap of the windows `within` (by default all) sees of an axis, and for which of them, counted
    from the first, it lies on the axis."""
    within = within or range(sweep.outputs)
    start = tap * sweep.D - sweep.before
    begin = max(within.start, -(start // sweep.S))
    end = max(begin, min(within.stop, (sweep.size - 1 - start) // sweep.S + 1))
    start += begin * sweep.S
    cells = slice(start, start + (end - begin - 1) * sweep.S + 1 if end > begin else start, sweep.S)
    return cells, slice(begin - within.start, end - within.start)


def average_bins(x: Array, axis: int, out: int) -> Array:
    """Means along one axis over `out` bins that cover it. Rows first, then columns, is the mean over both."""
    cells = np.moveaxis(x, axis, 0)
    return np.stack([cells[a:b].mean(axis=0) for a, b in bins(len(cells), out)], axis)
