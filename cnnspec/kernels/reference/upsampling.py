"""Enlarging one axis by a whole factor, and the adjoints of that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...graph.array import Array


def nearest(x: Array, axis: int, factor: int) -> Array:
    """Each cell `factor` times."""
    return np.repeat(x, factor, axis)


class Mixed(NamedTuple):
    """Of each cell of an enlarged axis: the two that it is mixed from, and the weight of the one `above`."""

    below: NDArray[np.intp]
    above: NDArray[np.intp]
    weight: Array


def mixed_from(size: int, factor: int) -> Mixed:
    """The cells of an axis, with half-pixel centres. At the upper edge both are the last one, at the lower edge the
    second one's weight is 0."""
    place = np.maximum((np.arange(size * factor) + 0.5) / factor - 0.5, 0)
    below = place.astype(np.intp)
    return Mixed(below, np.minimum(below + 1, size - 1), place - below)


def bilinear(x: Array, axis: int, factor: int) -> Array:
    """Cells mixed from the two nearest; the outermost cells hold to the edge."""
    below, above, weight = mixed_from(x.shape[axis], factor)
    weight = weight.astype(x.dtype).reshape(-1, *(1 for _ in x.shape[axis + 1 :]))
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
