"""Sums of cells (K,): the native gradient by a filter of one tap, which sees the same number everywhere."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate

import numpy as np

from .....kernels.compiled.tables import FILTER_GRADIENT_FIELDS
from .addresses import address
from .calls import owners
from .plan import PLANS, Plan


@lru_cache(PLANS)
def cell_sums(counts: tuple[int, ...], K: int, factor: float, hands: int) -> Plan:
    """Row i of `out` (rows, K) is the sum of counts[i] cells of `y`, times a factor; those of the rows follow one
    another. Each row is a call, which belongs to one of so many threads."""
    value, tap, row = np.full(1, factor, np.float32), np.zeros(2, np.int64), np.zeros(2, np.int64)
    given = address(tap), address(row), 1, 1
    begins = accumulate(counts, initial=0)
    tables = [
        (address(value), 4 * K * begin, 4 * K * i, *given, count, 0, 4 * K, K, 1)
        for i, (begin, count) in enumerate(zip(begins, counts, strict=False))
    ]
    return Plan(np.array(tables, np.int64), FILTER_GRADIENT_FIELDS, (value, tap, row), owners(len(tables), hands))
