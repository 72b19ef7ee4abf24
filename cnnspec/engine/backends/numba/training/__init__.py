"""Layers in training by native code: forward, and the way back; and the step of the weights behind them.

A layer keeps its own way; only what passes over images is put in place of NumPy's calls. What is not float32 is left
to NumPy, and so is every kind that is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from .....graph.array import Array
from .....kernels.compiled.vectors import Vectors
from .....kernels.training.updates import Update
from . import (
    activation,
    add,
    batch_norm,
    concat,
    convolution,
    dense,
    global_average,
    moving,
    pad,
    pooling,
    reading,
    updates,
    upsample,
)
from .calls import Native
from .moves import put
from .recording import Recording

if TYPE_CHECKING:
    from .....graph.layer import Layer, Pullback, TrainingContext, TrainingVjp

WAYS: dict[str, Callable[..., Any]] = {
    "add": add.train,
    "batchnorm": batch_norm.train,
    "concat": concat.train,
    "conv": convolution.train,
    "deconv": convolution.train,
    "dense": dense.train,
    "flatten": reading.train,
    "globalavgpool": global_average.train,
    "maxpool": pooling.train,
    "pad": pad.train,
    "reshape": reading.train,
    "upsample": upsample.train,
    **dict.fromkeys(("channelshuffle", "crop", "permute", "pixelshuffle", "pixelunshuffle", "slice"), moving.train),
    **dict.fromkeys(activation.SLOPE_OF, activation.train),
}
"""By the layer's kind, with native functions and the layer in front of what `vjp_training` takes."""


class NativeTraining:
    """The kernels of training for some vectors, which share layers out between so many threads."""

    def __init__(self, vectors: Vectors, threads: int = 1) -> None:
        self.native = Native(vectors, threads)

    def vjp(self, layer: Layer) -> TrainingVjp:
        """`vjp_training` of a layer, by native code where there is some."""
        return partial(WAYS.get(layer.kind, Native.left_to_numpy), self.native, layer)

    def frozen(self, layer: Layer) -> TrainingVjp:
        def way(context: TrainingContext, *inputs: Array, **tensors: Array) -> tuple[Array, Pullback]:
            return self.native.by_layer(layer.vjp, *inputs, **tensors)

        return way

    def put(self, values: Array, target: Array) -> None:
        put(values, target, self.native)

    def add(self, more: Array, total: Array) -> None:
        add.accumulate(more, total, self.native)

    def move(self, update: Update, w: Array, g: Array, *slots: Array) -> None:
        updates.move(self.native, update, w, g, *slots)

    def squared_norm(self, g: Array) -> float:
        return updates.squared_norm(self.native, g)

    def recorder(self, dtype: DTypeLike) -> Recording | None:
        return self.native.recording() if dtype == np.float32 else None
