"""Enlarging one axis by a whole factor."""

from __future__ import annotations

import numpy as np

from .windows import Array


def nearest(x: Array, axis: int, factor: int) -> Array:
    """Each cell `factor` times."""
    return np.repeat(x, factor, axis)


def bilinear(x: Array, axis: int, factor: int) -> Array:
    """Cells mixed from the two nearest, with half-pixel centres; the outermost cells hold to the edge."""
    size = x.shape[axis]
    place = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    below = place.astype(np.intp)
    above = np.minimum(below + 1, size - 1)
    weight = (place - below).astype(x.dtype).reshape(-1, *(1 for _ in x.shape[axis + 1 :]))
    mixed: Array = x.take(below, axis) * (1 - weight) + x.take(above, axis) * weight
    return mixed
