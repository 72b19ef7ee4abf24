"""`maxpool` in training by native code, over images whose channels are last."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.tables import HIGHEST_FIELDS
from .....layers.maxpool import MaxPool
from .addresses import address
from .calls import Native, cut
from .memory_order import as_images, channels_last
from .moves import zeros
from .plan import PLANS, Plan
from .runs import runs

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

MOST_TAPS = 256
"""Of a window: a tap's number is a byte."""
TAP = 0.15
"""Nanoseconds of a tap of a value."""


def train(native: Native, layer: MaxPool, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of max pooling."""
    windows = layer.windows(x.shape[1:])
    rows, columns = windows
    if x.dtype != np.float32 or rows.F * columns.F > MOST_TAPS:
        return native.left_to_numpy(layer, context, x)
    seen = channels_last(x, native)
    planes, H, W, values = seen.shape
    y = native.empty((planes, rows.outputs, columns.outputs, values))
    which = native.empty(y.shape, np.uint8)
    plan = _plan(windows, planes, values, native.hands(planes, TAP * rows.F * columns.F * y.size))
    _carry_out("highest", plan, seen, y, which, native)

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        is_whole = all(s.F == s.S and s.D == 1 and not s.unread for s in windows)
        shape = planes, H, W, values
        dx = native.empty(shape) if is_whole else zeros(shape, native)
        _carry_out("highest_back", plan, dx, channels_last(dy, native), which, native)
        return (as_images(dx),), {}

    return as_images(y), pull


def _carry_out(name: str, plan: Plan, x: Array, y: Array, which: NDArray[np.uint8], native: Native) -> None:
    native.carry_out(name, native.at(plan, x=x, y=y, which=which), plan.owners)


@lru_cache(PLANS)
def _plan(windows: SlidingWindows, planes: int, values: int, hands: int) -> Plan:
    """A call for each thread, which has some of the planes."""
    rows, columns = windows
    cell, row = 4 * values, 4 * values * columns.size
    rows_seen = [(run, i) for run in runs(rows) for i in range(run.length)]
    row_table = np.array(
        [((run.cells[0] + i * rows.S) * row, len(run.taps), run.taps[0] * columns.F) for run, i in rows_seen], np.int64
    )
    run_table = np.array(
        [(run.first, run.length, run.cells[0] * cell, len(run.taps), run.taps[0]) for run in runs(columns)], np.int64
    )
    overlap = any(s.extent > s.S for s in windows)
    parts = cut(planes, hands)
    image, output = row * rows.size, rows.outputs * columns.outputs * values
    tables = [
        (
            image * part.start, 4 * output * part.start, output * part.start, address(row_table), address(run_table),
            part.stop - part.start, rows.outputs, columns.outputs, len(run_table),
            image, columns.S * cell, rows.D * row, columns.D * cell, columns.F, values, overlap,
        )
        for part in parts
    ]  # fmt: skip
    return Plan(np.array(tables, np.int64), HIGHEST_FIELDS, (row_table, run_table), np.arange(len(parts)))
