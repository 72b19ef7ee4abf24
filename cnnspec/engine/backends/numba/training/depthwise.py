"""Depthwise convolution in training by native code: forward, and both gradients. What lies beside an image is passed
over, so nothing is copied."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.tables import CHANNEL_TAPS_FIELDS, GRADIENT_FIELDS
from .....kernels.strips import CACHE, strips
from .....kernels.training.convolution import ConvolutionPullback, Gradients
from .addresses import address
from .boxes import Axes, back, boxes, forward
from .calls import Native, cut, owners
from .filters import by_tap, unpacked
from .moves import zeros
from .plan import PLANS, Plan

MACS = 20.0
"""Multiply-accumulates of a nanosecond."""
Shape = tuple[int, ...]


def depthwise(x: Array, weight: Array, windows: SlidingWindows, native: Native) -> tuple[Array, ConvolutionPullback]:
    """x (N, H, W, C) with weight (C, 1, FH, FW): (N, rows, columns, C)."""
    rows, columns = windows
    filters = by_tap(weight, native)
    y = native.empty((len(x), rows.outputs, columns.outputs, x.shape[3]))
    _correlate(forward, x, filters, windows, y, native)

    def pull(dy: Array) -> Gradients:
        dx = native.empty(x.shape)
        _correlate(back, dy, filters, windows, dx, native)
        return dx, _by_filters(x, dy, windows, native)

    return y, pull


def _correlate(
    way: Callable[[SlidingWindows], Axes], x: Array, filters: Array, windows: SlidingWindows, out: Array, native: Native
) -> None:
    """Write to `out` (N, rows, columns, C) the sums over taps, by the way which each sees, of x times filters
    (FH*FW, C)."""
    if out.size:
        hands = native.hands(len(out) * out.shape[1], out.size * len(filters) / MACS)
        plan = _sums_of_taps(way, windows, x.strides, out.shape, out.strides, hands)
        tables = native.at(plan, x=x, out=out, weights=filters)
        native.carry_out("channel_taps", tables, plan.owners)


@lru_cache(PLANS)
def _sums_of_taps(
    way: Callable[[SlidingWindows], Axes], windows: SlidingWindows, x: Shape, shape: Shape, out: Shape, hands: int
) -> Plan:
    """Of `_correlate`, for steps in bytes of x and of the output: a call for each box of each strip."""
    N, H, W, C = shape
    axes = way(windows)
    cost = _cost(axes, W, C)
    parts = list(strips(N, H, C, cost, room=min(CACHE, -(-N * H // hands) * cost)))
    found = list(boxes(axes, parts, x, out, windows[1].F, 4 * C))
    tables = [
        (
            box.x, box.out, address(box.taps), 0, address(box.rows),
            len(box.taps), len(box.rows), box.cells.length, box.cells.x, box.cells.out, C,
        )
        for _, box in found
    ]  # fmt: skip
    owned = owners(len(parts), hands)[[number for number, _ in found]]
    return Plan(np.array(tables, np.int64), CHANNEL_TAPS_FIELDS, tuple(found), owned)


def _by_filters(x: Array, dy: Array, windows: SlidingWindows, native: Native) -> Array:
    """The gradient (C, 1, FH, FW) by the filters. Cells are added up box by box, whoever does it: threads share
    channels."""
    rows, columns = windows
    C, count = dy.shape[3], rows.F * columns.F
    total = zeros((count, 1, native.vectors.whole(C)), native)
    hands = native.hands(C // native.vectors.lanes, dy.size * count / MACS)
    plan = _sums_of_cells(windows, x.strides, dy.shape, dy.strides, total.strides[0], hands, native.vectors.lanes)
    tables = native.at(plan, x=x, y=dy, out=total)
    native.carry_out("by_depthwise_filters", tables, plan.owners)
    found = native.empty((C, 1, rows.F, columns.F))
    unpacked(total, found, native)
    return found


@lru_cache(PLANS)
def _sums_of_cells(
    windows: SlidingWindows, x: Shape, shape: Shape, dy: Shape, tap: int, hands: int, lanes: int
) -> Plan:
    """Of `_by_filters`, for steps in bytes of x and of dy: for each box of each strip a call for each thread, which has
    some of the channels; sums of a tap take `tap` bytes."""
    N, H, W, C = shape
    axes = forward(windows)
    parts = strips(N, H, C, _cost(axes, W, C))
    found = [box for _, box in boxes(axes, parts, x, dy, windows[1].F, tap) if len(box.taps)]
    shares = cut(C, hands, lanes)
    tables = [
        (
            box.x + 4 * part.start, box.out + 4 * part.start, 4 * part.start, address(box.taps), address(box.rows),
            len(box.taps), len(box.rows), box.cells.length, box.cells.x, box.cells.out, part.stop - part.start,
        )
        for box in found
        for part in shares
    ]  # fmt: skip
    return Plan(
        np.array(tables, np.int64).reshape(-1, len(GRADIENT_FIELDS)),
        GRADIENT_FIELDS,
        tuple(found),
        np.tile(np.arange(len(shares)), len(found)),
    )


def _cost(axes: Axes, columns: int, C: int) -> int:
    """Values that a row of outputs stands for, with what it sees."""
    rows, across = axes
    return columns * C * (1 + rows.S * across.S)
