"""Layers in training by native code: forward, and the way back.

A layer keeps its own way; only what passes over images is put in place of NumPy's calls. What is not float32 is left
to NumPy, and so is every kind that is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from . import activation, add, batch_norm, convolution, pooling
from .calls import Native

if TYPE_CHECKING:
    from .....graph.layer import Layer, TrainingVjp

WAYS: dict[str, Callable[..., Any]] = {
    "add": add.train,
    "batchnorm": batch_norm.train,
    "conv": convolution.train,
    "deconv": convolution.train,
    "maxpool": pooling.train,
    **dict.fromkeys(activation.SLOPE_OF, activation.train),
}
"""By the layer's kind, with native functions and the layer in front of what `vjp_training` takes."""


def differentiable(layer: Layer, native: Native) -> TrainingVjp:
    """`vjp_training` of a layer, by native code where there is some."""
    way = WAYS.get(layer.kind)
    return partial(way, native, layer) if way else layer.vjp_training
