"""Enlarging one axis by a whole factor, and the adjoints of that."""

from __future__ import annotations

import numpy as np

from ...graph.array import Array


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
    mixed = x.take(below, axis)
    mixed *= 1 - weight
    other = x.take(above, axis)
    other *= weight
    mixed += other
    return mixed


def nearest_adjoint(y: Array, axis: int, factor: int) -> Array:
    """Each `factor` neighbours added up."""
    return np.asarray(y.reshape(*y.shape[:axis], -1, factor, *y.shape[axis + 1 :]).sum(axis + 1))


def bilinear_adjoint(y: Array, axis: int, factor: int) -> Array:
    """Each cell shared out to the two that it was mixed from."""
    y = np.moveaxis(y, axis, 0)
    size = len(y) // factor
    # One cell more at either end: there falls what lies beyond the centres of the outermost.
    total = np.zeros((size + 2, *y.shape[1:]), y.dtype)
    for i in range(factor):
        below, weight = divmod((i + 0.5) / factor - 0.5, 1)
        first = 1 + int(below)
        total[first : first + size] += y[i::factor] * (1 - weight)
        total[first + 1 : first + 1 + size] += y[i::factor] * weight
    total[1] += total[0]
    total[size] += total[size + 1]
    return np.ascontiguousarray(np.moveaxis(total[1:-1], 0, axis))
