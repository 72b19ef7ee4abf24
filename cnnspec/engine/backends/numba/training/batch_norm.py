"""`batchnorm` in training by native code: a call forward and one back; where several threads share a layer, several."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .....graph.array import Array
from .....kernels.compiled.tables import FOUND, KEPT, KEPT_WIDE
from .....layers.batchnorm import BatchNorm
from .calls import EACH, Native, Numbers, cut
from .memory_order import as_given, cells
from .moves import contiguous, zeros
from .plan import PLANS

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

VALUE = 0.2
"""Nanoseconds of a value."""
PARTS, PART = 8, 1 << 16
"""Into so many parts, of at least so many values, sums are cut for the sake of threads."""
RUNNING_MEAN, RUNNING_VAR, WEIGHT, BIAS = (
    *map(KEPT.index, ("running_mean", "running_var")),
    *map(FOUND.index, ("weight", "bias")),
)
Calls = tuple[tuple[list[tuple[int, ...]], Numbers], ...]


class Plan(NamedTuple):
    """What hangs on the shape and the layer alone: numbers of native code; values (C,) where none are learned; sizes of
    what it writes; `STAGES` of the tables that are carried out side by side, one list behind the other, and the threads
    that own them."""

    numbers: NDArray[np.float64]
    one: Array
    zero: Array
    kept: tuple[int, int]
    found: tuple[int, int]
    sums: tuple[int, ...]
    sizes: tuple[int, int, int]
    calls: Calls


def train(
    native: Native,
    layer: BatchNorm,
    context: TrainingContext,
    x: Array,
    *,
    running_mean: Array,
    running_var: Array,
    **learned: Array,
) -> tuple[Array, Pullback]:
    """`vjp_training` of batch normalisation, of a whole batch."""
    if x.dtype != np.float32 or not x.size:
        return native.left_to_numpy(layer, context, x, running_mean=running_mean, running_var=running_var, **learned)
    C = x.shape[1]
    parts, hands = max(1, min(PARTS, x.size // PART)), native.hands(x.size, VALUE * x.size)
    plan = _plan(x.size // C, C, layer.eps, layer.momentum, native.vectors.whole(C), parts, hands)
    seen = cells(x, native)
    y = native.empty_like(seen)
    kept = native.empty(plan.kept)
    tensors = (learned.get("weight", plan.one), learned.get("bias", plan.zero), running_mean, running_var)
    _carry_out("normalise", (seen, y, *(contiguous(tensor, native) for tensor in tensors), kept), plan, native)
    context.update_buffers(running_mean=kept[RUNNING_MEAN, :C], running_var=kept[RUNNING_VAR, :C])

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = cells(dy, native)
        found = native.empty(plan.found)
        _carry_out("normalise_back", (seen, by_output, by_output, kept, found), plan, native)
        own = {"weight": found[WEIGHT, :C], "bias": found[BIAS, :C]} if learned else {}
        return (as_given(by_output),), own

    return as_given(y), pull


def _carry_out(name: str, arrays: tuple[Array, ...], plan: Plan, native: Native) -> None:
    """A function of arrays, a table for each row of stages."""
    sums = zeros(plan.sums, native, np.float64)
    begins = (*map(native.address, arrays), native.address(sums), native.address(plan.numbers), *plan.sizes)
    tables = [(np.array([begins + stage for stage in stages], np.int64), owned) for stages, owned in plan.calls]
    if len(tables) > 1:
        native.carry_out_by_steps(*((name, table[None], EACH, owned) for table, owned in tables))
    else:
        native.carry_out(name, *tables[0])


@lru_cache(PLANS)
def _plan(cells: int, C: int, eps: float, momentum: float, width: int, parts: int, hands: int) -> Plan:
    """For threads, as many as `hands`. The parts hang on the size alone, so the same sums are made for any of them."""
    part = -(-cells // parts)
    parts = -(-cells // part)
    calls: list[list[tuple[int, ...]]]
    if hands == 1:
        calls = [[(0, parts, parts, 0, cells)]]
    else:
        calls = [
            [(share.start, share.stop, 0, 0, 0) for share in cut(parts, hands)],
            [(0, 0, parts, 0, 0)],
            [(0, 0, 0, share.start, share.stop) for share in cut(cells, hands)],
        ]
    return Plan(
        np.array([eps, momentum, cells, cells / max(cells - 1, 1)]),
        np.ones(C, np.float32),
        np.zeros(C, np.float32),
        (len(KEPT) + 2 * len(KEPT_WIDE), width),
        (len(FOUND), width),
        (parts, 2, width),
        (cells, C, part),
        tuple((stages, np.arange(len(stages))) for stages in calls),
    )
