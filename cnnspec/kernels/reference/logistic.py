"""The logistic function and its piecewise linear stand-in."""

from __future__ import annotations

import numpy as np

from ...graph.array import Array


def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)). Only negative numbers are given to exp, so that nothing overflows."""
    return np.asarray(np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))))


def hard_logistic(x: Array) -> Array:
    """clip(x/6 + 1/2, 0, 1)."""
    return np.clip(x / 6 + 0.5, 0, 1)
