"""The logistic function, its integral, and its piecewise linear stand-in."""

from __future__ import annotations

import numpy as np

from ...graph.array import Array


def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)). Only negative numbers are given to exp, so that nothing overflows."""
    return np.asarray(np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))))


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), whose derivative is the logistic function. Only negative numbers are given to exp."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def hard_logistic(x: Array, slope: float = 1 / 6, offset: float = 0.5) -> Array:
    """clip(slope*x + offset, 0, 1)."""
    return np.asarray(np.clip(x / (1 / slope) + offset, 0, 1))  # 1/slope is most often whole: 6
