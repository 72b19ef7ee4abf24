"""Depthwise convolution in training by native code: forward, and both gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.channel_taps import FIELDS
from .....kernels.compiled.gradients import FIELDS as GRADIENT_FIELDS
from .....kernels.compiled.vectors import Vectors
from .....kernels.strips import CACHE
from .....kernels.training.convolution import ConvolutionPullback, Gradients
from .....kernels.training.padding import padded
from .calls import carry_out, row_table, rows_in_strips
from .phases import phases, reach, with_border


def depthwise(x: Array, weight: Array, windows: SlidingWindows, vectors: Vectors) -> tuple[Array, ConvolutionPullback]:
    """x (N, H, W, C) with weight (C, 1, FH, FW): (N, rows, columns, C)."""
    rows, columns = windows
    filters = np.ascontiguousarray(weight[:, 0].transpose(1, 2, 0))
    seen = padded(x, windows, reach(windows))
    y = np.empty((len(x), rows.outputs, columns.outputs, x.shape[3]), np.float32)
    places = np.arange(rows.F) * rows.D, np.arange(columns.F) * columns.D
    _correlate(seen, filters, places, (rows.S, columns.S), y, vectors)

    def back(dy: Array) -> Gradients:
        return _adjoint(dy, filters, windows, vectors), _by_filters(seen, dy, windows, vectors)

    return y, back


def _adjoint(dy: Array, filters: Array, windows: SlidingWindows, vectors: Vectors) -> Array:
    rows, columns = phases(windows)
    dy, low = with_border(dy, windows, (rows, columns))
    dx = np.empty((len(dy), windows[0].size, windows[1].size, dy.shape[3]), np.float32)
    for down in rows:
        for across in columns:
            part = dx[:, down.first :: windows[0].S, across.first :: windows[1].S]
            if down.taps and across.taps:
                places = np.array(down.cells) + low[0], np.array(across.cells) + low[1]
                taps = np.ascontiguousarray(filters[down.taps, :][:, across.taps])
                _correlate(dy, taps, places, (1, 1), part, vectors)
            else:
                part[...] = 0
    return dx


def _correlate(
    x: Array,
    filters: Array,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    steps: tuple[int, int],
    out: Array,
    vectors: Vectors,
) -> None:
    """Write to `out` (N, H, W, C) the sums over taps, whose rows and columns stand in `places`, of x times filters
    (rows, columns, C)."""
    N, H, W, C = out.shape
    _, row, cell, _ = x.strides
    taps = np.add.outer(places[0] * row, places[1] * cell).reshape(-1).astype(np.int64)
    rows = row_table((N, H), (x.strides[0], steps[0] * row), out.strides)
    numbers = (
        x.ctypes.data, out.ctypes.data, taps.ctypes.data, filters.ctypes.data, rows.ctypes.data,
        len(taps), len(rows), W, steps[1] * cell, out.strides[2], 4 * C, C,
    )  # fmt: skip
    assert len(numbers) == len(FIELDS)
    if out.size:
        carry_out("channel_taps", vectors, np.array([numbers], np.int64))


def _by_filters(x: Array, dy: Array, windows: SlidingWindows, vectors: Vectors) -> Array:
    """The gradient (C, 1, FH, FW) by the filters."""
    rows, columns = windows
    N, H, W, C = dy.shape
    _, row, cell, _ = x.strides
    taps = np.add.outer(np.arange(rows.F) * rows.D * row, np.arange(columns.F) * columns.D * cell).reshape(-1)
    places = row_table((N, H), (x.strides[0], rows.S * row), dy.strides)
    first, count = rows_in_strips(N * H, W * C * (rows.S * columns.S + 1), CACHE)
    total = np.zeros((len(taps), -(-C // vectors.lanes) * vectors.lanes), np.float32)
    tables = np.empty((len(first), len(GRADIENT_FIELDS)), np.int64)
    tables[:] = (
        x.ctypes.data, dy.ctypes.data, total.ctypes.data, taps.ctypes.data, 0,
        len(taps), 0, W, columns.S * cell, dy.strides[2], total.strides[0], C,
    )  # fmt: skip
    tables[:, GRADIENT_FIELDS.index("row_table")] = places.ctypes.data + places.strides[0] * first
    tables[:, GRADIENT_FIELDS.index("rows")] = count
    carry_out("by_depthwise_filters", vectors, tables)
    return np.ascontiguousarray(total[:, :C].T).reshape(C, 1, rows.F, columns.F)
