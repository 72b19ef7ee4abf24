"""Branches one behind another in training by native code: copies, forward and back."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....layers.concat import Concat
from .calls import Native
from .memory_order import CHANNELS_LAST, as_given, cells
from .moves import put

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(native: Native, layer: Concat, context: TrainingContext, *inputs: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of a concatenation."""
    if any(x.dtype != np.float32 for x in inputs):
        return native.left_to_numpy(layer, context, *inputs)
    axis = CHANNELS_LAST.index(layer.index) if inputs[0].ndim == 4 else layer.index
    ends = [0, *accumulate(x.shape[layer.index] for x in inputs)]
    parts = [(slice(None),) * axis + (slice(*part),) for part in pairwise(ends)]
    seen = [cells(x, native) for x in inputs]
    y = native.empty((*seen[0].shape[:axis], ends[-1], *seen[0].shape[axis + 1 :]))
    for x, part in zip(seen, parts, strict=True):
        put(x, y[part], native)

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = cells(dy, native)
        found = [native.empty(by_output[part].shape) for part in parts]
        for dx, part in zip(found, parts, strict=True):
            put(by_output[part], dx, native)
        return tuple(map(as_given, found)), {}

    return as_given(y), pull
