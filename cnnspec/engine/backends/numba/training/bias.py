"""What is added to every cell, and the gradient by it, by native code, on cells (..., K) that lie side by side."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.tables import TWO_FIELDS
from .add import SUM
from .calls import Native, cut
from .cell_sums import cell_sums
from .moves import clear, put
from .plan import PLANS, Plan

VALUE = 0.15
"""Nanoseconds of a value."""
RUN = 1 << 9
"""Values up to which a bias is repeated, so that it is added to many cells at once."""
PARTS, PART = 8, 1 << 14
"""Into so many parts, of at least so many values, sums are cut for the sake of threads."""


def add_bias(y: Array, bias: Array, native: Native) -> None:
    """Add a bias (K,) to cells, in place."""
    K = len(bias)
    if not y.size:
        return
    repeated = native.empty((max(1, RUN // K), K))
    put(np.broadcast_to(bias, repeated.shape), repeated, native)
    plan = _additions(y.size // K, K, len(repeated), native.hands(y.size, VALUE * y.size))
    native.carry_out("join", native.at(plan, x=y, y=repeated, out=y), plan.owners)


def bias_gradient(dy: Array, native: Native) -> Array:
    """The sum of all cells (K,). The parts hang on the size alone, so the same sums are made by any threads."""
    K = dy.shape[-1]
    found = native.empty((K,))
    if not dy.size:
        clear(found, native)
        return found
    counts = tuple(part.stop - part.start for part in cut(dy.size // K, max(1, min(PARTS, dy.size // PART))))
    sums = cell_sums(counts, K, 1.0, native.hands(len(counts), VALUE * dy.size))
    parts = native.empty((len(counts), K))
    native.carry_out("by_filters", native.at(sums, y=dy, out=parts), sums.owners)
    native.carry_out("by_filters", native.at(cell_sums((len(counts),), K, 1.0, 1), y=parts, out=found))
    return found


@lru_cache(PLANS)
def _additions(cells: int, K: int, run: int, hands: int) -> Plan:
    """For each thread a call for its whole runs, and one for the cells that are no whole run."""
    tables = []
    for number, part in enumerate(cut(cells, hands, run)):
        count, rest = divmod(part.stop - part.start, run)
        for first, runs, length in ((part.start, count, run), (part.start + count * run, 1, rest)):
            if runs and length:
                at, step = 4 * K * first, 4 * K * run
                tables.append((number, at, 0, at, SUM, runs, 1, 1, length * K, step, 0, 0, 0, 0, 0, step, 0, 0))
    owned, *_ = np.array(tables, np.int64).T
    return Plan(np.array(tables, np.int64)[:, 1:].copy(), TWO_FIELDS, (), owned)
