"""Sliding windows as views: nothing is copied but the padding."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...graph.array import Array
from ...graph.window import SlidingWindows


def pad(x: Array, windows: SlidingWindows, fill: float = 0.0) -> Array:
    """x (N, C, H, W) with the rows and columns that its windows add (and hang over by), set to `fill`."""
    widths = [(s.before, s.after + s.overhang) for s in windows]
    if not any(map(any, widths)):
        return x
    return np.pad(x, [(0, 0), (0, 0), *widths], constant_values=fill)


def sliding_windows(x: Array, windows: SlidingWindows, fill: float = 0.0) -> Array:
    """All windows over x (N, C, H, W): a read-only view (N, C, rows, columns, FH, FW) of the padded array."""
    x = pad(x, windows, fill)
    rows, columns = windows
    n, c, h, w = x.strides
    shape = (*x.shape[:2], rows.outputs, columns.outputs, rows.F, columns.F)
    strides = (n, c, h * rows.S, w * columns.S, h * rows.D, w * columns.D)
    return as_strided(x, shape, strides, writeable=False)
