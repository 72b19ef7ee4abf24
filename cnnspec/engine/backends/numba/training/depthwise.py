"""Depthwise convolution in training by native code: forward, and both gradients."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.tables import CHANNEL_TAPS_FIELDS, GRADIENT_FIELDS
from .....kernels.strips import CACHE
from .....kernels.training.convolution import ConvolutionPullback, Gradients
from .....kernels.training.padding import padded
from ..phases import phases
from .border import reach, with_border
from .calls import Native, address, cut, row_table, rows_in_strips
from .plan import PLANS, Plan

MACS = 20.0
"""Multiply-accumulates of a nanosecond."""
Shape = tuple[int, ...]


def depthwise(x: Array, weight: Array, windows: SlidingWindows, native: Native) -> tuple[Array, ConvolutionPullback]:
    """x (N, H, W, C) with weight (C, 1, FH, FW): (N, rows, columns, C)."""
    rows, columns = windows
    filters = np.ascontiguousarray(weight[:, 0].transpose(1, 2, 0))
    seen = padded(x, windows, reach(windows))
    y = np.empty((len(x), rows.outputs, columns.outputs, x.shape[3]), np.float32)
    places = np.arange(rows.F) * rows.D, np.arange(columns.F) * columns.D
    _correlate(seen, filters, places, (rows.S, columns.S), y, native)

    def back(dy: Array) -> Gradients:
        return _adjoint(dy, filters, windows, native), _by_filters(seen, dy, windows, native)

    return y, back


def _adjoint(dy: Array, filters: Array, windows: SlidingWindows, native: Native) -> Array:
    rows, columns = phases(windows)
    dy, low = with_border(dy, windows)
    dx = np.empty((len(dy), windows[0].size, windows[1].size, dy.shape[3]), np.float32)
    for down in rows:
        for across in columns:
            part = dx[:, down.first :: windows[0].S, across.first :: windows[1].S]
            if down.taps and across.taps:
                places = np.array(down.cells) + low[0], np.array(across.cells) + low[1]
                taps = np.ascontiguousarray(filters[down.taps, :][:, across.taps])
                _correlate(dy, taps, places, (1, 1), part, native)
            else:
                part[...] = 0
    return dx


def _correlate(
    x: Array,
    filters: Array,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    steps: tuple[int, int],
    out: Array,
    native: Native,
) -> None:
    """Write to `out` (N, H, W, C) the sums over taps, whose rows and columns stand in `places`, of x times filters
    (rows, columns, C)."""
    if out.size:
        hands = native.hands(len(out) * out.shape[1], out.size * filters[..., 0].size / MACS)
        down, across = (tuple(place.tolist()) for place in places)
        plan = _taps(x.strides, down, across, steps, out.shape, out.strides, hands)
        tables = plan.at(x=address(x), out=address(out), weights=address(filters))
        native.carry_out("channel_taps", tables, plan.owners)


@lru_cache(PLANS)
def _taps(
    x_steps: Shape, down: Shape, across: Shape, steps: tuple[int, int], out: Shape, out_steps: Shape, hands: int
) -> Plan:
    """Of `_correlate`: a call for each thread, which has some of the rows."""
    N, H, W, C = out
    image, row, cell, _ = x_steps
    taps = np.add.outer(np.array(down) * row, np.array(across) * cell).reshape(-1).astype(np.int64)
    rows = row_table((N, H), (image, steps[0] * row), out_steps)
    tables = [
        (
            0, 0, address(taps), 0, address(rows) + rows.strides[0] * part.start,
            len(taps), part.stop - part.start, W, steps[1] * cell, out_steps[2], 4 * C, C,
        )
        for part in cut(N * H, hands)
    ]  # fmt: skip
    return Plan(np.array(tables, np.int64), CHANNEL_TAPS_FIELDS, (taps, rows), np.arange(len(tables)))


def _by_filters(x: Array, dy: Array, windows: SlidingWindows, native: Native) -> Array:
    """The gradient (C, 1, FH, FW) by the filters."""
    rows, columns = windows
    C, count = dy.shape[3], rows.F * columns.F
    total = np.zeros((count, native.vectors.whole(C)), np.float32)
    hands = native.hands(C // native.vectors.lanes, dy.size * count / MACS)
    plan = _sums(x.strides, dy.shape, dy.strides, windows, total.strides[0], hands, native.vectors.lanes)
    tables = plan.at(x=address(x), y=address(dy), out=address(total))
    native.carry_out("by_depthwise_filters", tables, plan.owners)
    return np.ascontiguousarray(total[:, :C].T).reshape(C, 1, rows.F, columns.F)


@lru_cache(PLANS)
def _sums(
    x_steps: Shape, dy: Shape, dy_steps: Shape, windows: SlidingWindows, step: int, hands: int, lanes: int
) -> Plan:
    """Of `_by_filters`: for each strip a call for each thread, which has some of the channels."""
    rows, columns = windows
    N, H, W, C = dy
    image, row, cell, _ = x_steps
    taps = np.add.outer(np.arange(rows.F) * rows.D * row, np.arange(columns.F) * columns.D * cell).reshape(-1)
    places = row_table((N, H), (image, rows.S * row), dy_steps)
    first, count = rows_in_strips(N * H, W * C * (rows.S * columns.S + 1), CACHE)
    parts = cut(C, hands, lanes)
    tables = np.empty((len(first), len(parts), len(GRADIENT_FIELDS)), np.int64)
    for i, part in enumerate(parts):
        begin = 4 * part.start
        tables[:, i] = (
            begin, begin, begin, address(taps), 0,
            len(taps), 0, W, columns.S * cell, dy_steps[2], step, part.stop - part.start,
        )  # fmt: skip
    tables[:, :, GRADIENT_FIELDS.index("row_table")] = (address(places) + places.strides[0] * first)[:, None]
    tables[:, :, GRADIENT_FIELDS.index("rows")] = count[:, None]
    owned = np.tile(np.arange(len(parts)), len(first))
    return Plan(tables.reshape(-1, len(GRADIENT_FIELDS)), GRADIENT_FIELDS, (taps, places), owned)
