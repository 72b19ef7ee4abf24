"""Means over windows and bins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import Sweep, bins
from .windows import Array


def coverage(sweeps: tuple[Sweep, Sweep], padding: bool) -> NDArray[np.intp]:
    """Cells of each window that lie on the input, with `padding` on the padded input: (rows, columns) counts."""
    rows, columns = (_covered(sweep, padding) for sweep in sweeps)
    return np.outer(rows, columns)


def _covered(sweep: Sweep, padding: bool) -> NDArray[Any]:
    first, end = (0, sweep.before + sweep.size + sweep.after) if padding else (sweep.before, sweep.before + sweep.size)
    cells = np.arange(sweep.outputs)[:, None] * sweep.S + np.arange(sweep.F) * sweep.D
    return ((first <= cells) & (cells < end)).sum(axis=1)


def average_bins(x: Array, axis: int, out: int) -> Array:
    """Means along one axis over `out` bins that cover it. Rows first, then columns, is the mean over both."""
    cells = np.moveaxis(x, axis, 0)
    return np.stack([cells[a:b].mean(axis=0) for a, b in bins(len(cells), out)], axis)
