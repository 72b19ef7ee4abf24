"""Activations that are more than limits, by `kernels/compiled/values.py`: which function, with which parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....graph.layer import Layer
from .limits import LIMITS

Function = tuple[str, tuple[float, ...]]
"""The name of a compiled function, and its parameters."""

FUNCTIONS_OF: dict[str, Callable[[Any], Function]] = {
    "abs": lambda layer: ("abs", ()),
    "celu": lambda layer: ("elu", (layer.alpha, 1 / layer.alpha, 1.0)),
    "elu": lambda layer: ("elu", (layer.alpha, 1.0, 1.0)),
    "exp": lambda layer: ("exp", ()),
    "gelu": lambda layer: ("gelu_tanh" if layer.approx == "tanh" else "gelu", ()),
    "hardsigmoid": lambda layer: ("hardsigmoid", (layer.slope, layer.offset)),
    "hardswish": lambda layer: ("hardswish", (1 / 6, 0.5)),
    "leakyrelu": lambda layer: ("leakyrelu", (layer.slope,)),
    "mish": lambda layer: ("mish", ()),
    "selu": lambda layer: ("elu", (layer.alpha, 1.0, layer.scale)),
    "sigmoid": lambda layer: ("sigmoid", ()),
    "silu": lambda layer: ("silu", ()),
    "softplus": lambda layer: ("softplus", ()),
    "softsign": lambda layer: ("softsign", ()),
    "sqrt": lambda layer: ("root", ()),
    "tanh": lambda layer: ("tanh", ()),
    "thresholdedrelu": lambda layer: ("thresholdedrelu", (layer.alpha,)),
}


def function_of(activation: Layer) -> Function | None:
    """None for an activation that only NumPy's backend has."""
    if activation.kind in LIMITS:
        return "clamp", LIMITS[activation.kind](activation)
    found = FUNCTIONS_OF.get(activation.kind)
    return found(activation) if found else None
