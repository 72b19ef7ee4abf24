"""Activations in training by native code: a call forward and one back, over the values as they lie in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.layout import FUNCTIONS, PARAMETERS, SLOPES
from .....layers._activation import Activation
from ..functions import function_of
from .calls import Native, Numbers, cut
from .memory_order import lies_side_by_side, ordered_as
from .plan import PLANS

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

SLOPE_OF = {"relu": "relu", "relu6": "between", "sigmoid": "sigmoid", "tanh": "tanh"}
"""The compiled slope of an activation, by its kind: each hangs on what the activation gave."""
VALUE = 0.15
"""Nanoseconds of a value."""


class Plan(NamedTuple):
    """What hangs on the function and on how many values there are: parameters of native code, the first byte and the
    number of values of each call, and the threads that own them."""

    function: int
    slope: int
    parameters: Array
    begins: list[tuple[int, int]]
    owners: Numbers


def train(native: Native, layer: Activation, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of an activation."""
    if layer.kind not in SLOPE_OF or x.dtype != np.float32 or not lies_side_by_side(x):
        return native.left_to_numpy(layer, context, x)
    plan = _plan(layer, x.size, native.hands(x.size, VALUE * x.size), native.vectors.lanes)
    y = native.empty_like(x)
    source, out, parameters = native.address(x), native.address(y), native.address(plan.parameters)
    tables = [(source + at, out + at, plan.function, parameters, 1, 1, 1, count, *[0] * 6) for at, count in plan.begins]
    native.carry_out("apply", np.array(tables, np.int64), plan.owners)

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        dx = ordered_as(dy, y, native)
        by, out = native.address(dx), native.address(y)
        tables = [(by + at, out + at, by + at, plan.slope, parameters, count) for at, count in plan.begins]
        native.carry_out("slope", np.array(tables, np.int64), plan.owners)
        return (dx,), {}

    return y, pull


@lru_cache(PLANS)
def _plan(layer: Activation, size: int, hands: int, lanes: int) -> Plan:
    """For threads, as many as `hands`."""
    found = function_of(layer)
    assert found is not None, f"{layer.kind} has a slope, and no function"
    name, given = found
    begins = [(4 * part.start, part.stop - part.start) for part in cut(size, hands, lanes)]
    return Plan(
        FUNCTIONS.index(name),
        SLOPES.index(SLOPE_OF[layer.kind]),
        np.array([*given, *[0.0] * (PARAMETERS - len(given))], np.float32),
        begins,
        np.arange(len(begins)),
    )
