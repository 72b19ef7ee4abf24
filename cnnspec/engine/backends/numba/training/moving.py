"""Layers that only move values, in training by native code: copies, forward and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....graph.shape import Shape
from .....layers._moving import Moving
from .calls import Native
from .memory_order import as_given, cells
from .moves import put, zeros

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(native: Native, layer: Moving, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of a layer each of whose values is one that arrives."""
    if x.dtype != np.float32 or not x.size:
        return native.left_to_numpy(layer, context, x)
    shape, seen = x.shape, layer.seen(x)
    y = as_given(native.empty(_in_memory((len(x), *layer.output(x.shape[1:])))))
    put(seen, y.reshape(seen.shape, copy=False), native)

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        dx = as_given(zeros(_in_memory(shape), native))
        by_output, places = as_given(cells(dy, native)), layer.seen(dx)
        put(by_output.reshape(places.shape, copy=False), places, native)
        return (dx,), {}

    return y, pull


def _in_memory(shape: Shape) -> Shape:
    """Of images (N, C, H, W) the sizes as they lie in memory, of vectors their own."""
    N, C, *image = shape
    return N, *image, C
