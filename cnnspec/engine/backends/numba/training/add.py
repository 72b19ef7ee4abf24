"""Sums of branches in training by native code, over the values as they lie in memory. On the way back each branch but
the first has a copy, since who is given a gradient may write to it."""

from __future__ import annotations

from functools import lru_cache
from operator import iadd
from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.layout import JOINS
from .....kernels.compiled.tables import TWO_FIELDS
from .....layers.add import Add
from .calls import Native, cut
from .memory_order import as_given, cells, lies_side_by_side
from .moves import put
from .plan import PLANS, Plan

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

VALUE = 0.3
"""Nanoseconds of a value."""
SUM = 2 * JOINS.index("add")


def train(native: Native, layer: Add, context: TrainingContext, *inputs: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of a sum."""
    if any(x.dtype != np.float32 or not x.size for x in inputs):
        return native.left_to_numpy(layer, context, *inputs)
    first, *others = (cells(x, native) for x in inputs)
    hands = native.hands(first.size, VALUE * first.size)
    y = native.empty_like(first)
    plan = _sums(first.size, hands, native.vectors.lanes)
    for other in others:
        native.carry_out("join", native.at(plan, x=first, y=other, out=y), plan.owners)
        first = y

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = cells(dy, native)
        copies = [native.empty_like(by_output) for _ in others]
        for copy in copies:
            put(by_output, copy, native)
        return tuple(map(as_given, (by_output, *copies))), {}

    return as_given(y), pull


def accumulate(more: Array, total: Array, native: Native) -> None:
    """Add an array to another of its shape, in place."""
    if more.dtype == total.dtype == np.float32 and more.strides == total.strides and lies_side_by_side(total):
        plan = _sums(total.size, native.hands(total.size, VALUE * total.size), native.vectors.lanes)
        native.carry_out("join", native.at(plan, x=total, y=more, out=total), plan.owners)
    else:
        native.by_numpy(iadd, total, more)


@lru_cache(PLANS)
def _sums(size: int, hands: int, lanes: int) -> Plan:
    """A call for each thread, which has some of the values."""
    tables = [
        (*[4 * part.start] * 3, SUM, 1, 1, 1, part.stop - part.start, *[0] * 9) for part in cut(size, hands, lanes)
    ]
    return Plan(np.array(tables, np.int64), TWO_FIELDS, (), np.arange(len(tables)))
