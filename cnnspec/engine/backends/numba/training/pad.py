"""`pad` with zeros in training by native code: the image is copied among them, and its gradient out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....layers.pad import Pad
from .calls import Native
from .memory_order import as_given, cells
from .moves import put, zeros

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(native: Native, layer: Pad, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of padding; all but zeros is left to NumPy."""
    if x.dtype != np.float32 or layer.mode != "constant" or layer.value:
        return native.left_to_numpy(layer, context, x)
    channels, *others = layer.widths(x.shape[1:])
    widths = [(0, 0), *others, channels]
    seen = cells(x, native)
    middle = tuple(slice(before, before + size) for size, (before, _) in zip(seen.shape, widths, strict=True))
    y = zeros([before + size + after for size, (before, after) in zip(seen.shape, widths, strict=True)], native)
    put(seen, y[middle], native)

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        by_output = cells(dy, native)
        dx = native.empty(seen.shape)
        put(by_output[middle], dx, native)
        return (as_given(dx),), {}

    return as_given(y), pull
