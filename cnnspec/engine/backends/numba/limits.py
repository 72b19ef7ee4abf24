"""Activations that only hold values within limits: a kernel applies them as it writes."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from ....graph.layer import Layer

Limits = tuple[float, float]
"""The lowest and the highest value that are written."""
NO_LIMITS: Limits = (-inf, inf)

LIMITS: dict[str, Callable[[Any], Limits]] = {
    "clip": lambda layer: layer.bounds,
    "relu": lambda layer: (0.0, inf),
    "relu6": lambda layer: (0.0, 6.0),
}


def limits(activation: Layer | None) -> Limits | None:
    """The lowest and the highest value; None for an activation that is more than that."""
    if activation is None:
        return NO_LIMITS
    found = LIMITS.get(activation.kind)
    return found(activation) if found else None
