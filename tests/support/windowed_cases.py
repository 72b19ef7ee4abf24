"""Layers with windows as they are held against PyTorch's: their fields, arrays for them, their padding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.graph.layer import Layer, LayerError
from cnnspec.layers import find

Array = NDArray[Any]


def layer(kind: str, **fields: Any) -> Layer:
    return find(kind).model_validate(fields)


def values(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def tensors(layer: Layer, *arriving: tuple[int, ...]) -> dict[str, Array]:
    return {name: values(*tensor.shape, seed=1) for name, tensor in layer.tensors(*arriving).items()}


def fits(layer: Layer, shape: tuple[int, ...]) -> bool:
    try:
        layer.output(shape)
    except LayerError:
        return False
    return True


def outside(P: Any) -> tuple[int, int, int, int]:
    """Padding as PyTorch's `pad` takes it: the last axis first."""
    if isinstance(P, dict):
        return P["left"], P["right"], P["top"], P["bottom"]
    return P[1], P[1], P[0], P[0]
