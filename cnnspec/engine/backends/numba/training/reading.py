"""`flatten` and `reshape` in training by native code: values in C, H, W order, as images do not lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....graph.shape import Shape
from .....layers._reading import Reading
from .calls import Native
from .memory_order import as_images, channels_last
from .moves import contiguous

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(native: Native, layer: Reading, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of a layer that reads values as another shape."""
    if x.dtype != np.float32 or not x.size:
        return native.left_to_numpy(layer, context, x)
    shape = x.shape[1:]
    y = _read(x, layer.output(shape), native)
    return y, lambda dy: ((_read(dy, shape, native),), {})


def _read(x: Array, shape: Shape, native: Native) -> Array:
    """Values (N, ...) in order as (N, *shape); the same memory where they lie so."""
    y = contiguous(x, native).reshape(len(x), *shape)
    return as_images(channels_last(y, native)) if y.ndim == 4 else y
