"""Activations in training by native code: a call forward and one back, over the values as they lie in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.layout import FUNCTIONS, PARAMETERS, SLOPES
from .....layers._activation import Activation
from ..functions import function_of
from .calls import Native, address, cut
from .memory_order import in_memory, ordered_as

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

SLOPE_OF = {"relu": "relu", "relu6": "between", "sigmoid": "sigmoid", "tanh": "tanh"}
"""The compiled slope of an activation, by its kind: each hangs on what the activation gave."""
VALUE = 0.15
"""Nanoseconds of a value."""


def train(native: Native, layer: Activation, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of an activation."""
    found = function_of(layer)
    if found is None or x.dtype != np.float32 or in_memory(x) is None:
        return layer.vjp_training(context, x)
    name, given = found
    parameters = np.array([*given, *[0.0] * (PARAMETERS - len(given))], np.float32)
    y = np.empty_like(x)
    function, slope = FUNCTIONS.index(name), SLOPES.index(SLOPE_OF[layer.kind])
    parts = cut(x.size, native.hands(x.size, VALUE * x.size), native.vectors.lanes)
    begins = [(4 * part.start, part.stop - part.start) for part in parts]
    tables = [
        (address(x) + at, address(y) + at, function, address(parameters), 1, 1, 1, count, *[0] * 6)
        for at, count in begins
    ]
    native.carry_out("apply", np.array(tables, np.int64), np.arange(len(tables)))

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        dx = ordered_as(dy, y, native)
        tables = [
            (address(dx) + at, address(y) + at, address(dx) + at, slope, address(parameters), count)
            for at, count in begins
        ]
        native.carry_out("slope", np.array(tables, np.int64), np.arange(len(tables)))
        return (dx,), {}

    return y, pull
