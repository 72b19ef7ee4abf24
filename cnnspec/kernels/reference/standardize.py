"""Values brought to mean 0 and variance 1 along some axes, and the way back through that."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...graph.array import Array


def standardise(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Callable[[Array], Array]]:
    """(x - mean) / sqrt(var + eps) over `axes`; the variance is divided by the count, not count - 1."""
    apart: Array = x - x.mean(axis=axes, keepdims=True)
    variance = np.square(apart).mean(axis=axes, keepdims=True)
    divisor = np.sqrt(variance + eps)
    apart /= divisor
    standard = apart

    def back(dy: Array) -> Array:
        dx: Array = dy - dy.mean(axis=axes, keepdims=True)
        dx -= standard * (dy * standard).mean(axis=axes, keepdims=True)
        dx /= divisor
        return dx

    return standard, back
