"""Sums of branches in training by native code, over the values as they lie in memory. On the way back each branch but
the first has a copy, since who is given a gradient may write to it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.layout import JOINS
from .....kernels.compiled.tables import MOVE_FIELDS, TWO_FIELDS
from .....layers.add import Add
from .calls import Native, address, cut
from .memory_order import as_given, cells
from .plan import PLANS, Plan

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

VALUE = 0.3
"""Nanoseconds of a value."""
SUM = 2 * JOINS.index("add")


def train(native: Native, layer: Add, context: TrainingContext, *inputs: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of a sum."""
    if any(x.dtype != np.float32 or not x.size for x in inputs):
        return layer.vjp_training(context, *inputs)
    first, *others = (cells(x, native) for x in inputs)
    hands = native.hands(first.size, VALUE * first.size)
    y = np.empty_like(first)
    plan = _sums(first.size, hands, native.vectors.lanes)
    for other in others:
        native.carry_out("join", plan.at(x=address(first), y=address(other), out=address(y)), plan.owners)
        first = y

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = cells(dy, native)
        plan = _copies(by_output.size, hands, native.vectors.lanes)
        copies = [np.empty_like(by_output) for _ in others]
        for copy in copies:
            native.carry_out("move", plan.at(x=address(by_output), out=address(copy)), plan.owners)
        return tuple(map(as_given, (by_output, *copies))), {}

    return as_given(y), pull


@lru_cache(PLANS)
def _sums(size: int, hands: int, lanes: int) -> Plan:
    """A call for each thread, which has some of the values."""
    tables = [
        (*[4 * part.start] * 3, SUM, 1, 1, 1, part.stop - part.start, *[0] * 9) for part in cut(size, hands, lanes)
    ]
    return Plan(np.array(tables, np.int64), TWO_FIELDS, (), np.arange(len(tables)))


@lru_cache(PLANS)
def _copies(size: int, hands: int, lanes: int) -> Plan:
    tables = [
        (*[4 * part.start] * 2, 1, 1, 1, part.stop - part.start, 0, 0, 0, 4, 0, 0, 0, 4)
        for part in cut(size, hands, lanes)
    ]
    return Plan(np.array(tables, np.int64), MOVE_FIELDS, (), np.arange(len(tables)))
