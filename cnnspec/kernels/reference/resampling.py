"""Resizing one axis by mixtures of its cells, and the adjoint of that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...graph.array import Array
from ...graph.resampling import Mixture, ResampledAxis


@lru_cache(64)
def mixtures(axis: ResampledAxis) -> tuple[Mixture, ...]:
    """What each cell of the new axis is made of."""
    return tuple(axis.mixture(i) for i in range(axis.out))


def mixed(x: Array, axis: int, of: ResampledAxis) -> Array:
    """x with an axis resized. Each cell takes those that it is made of and no others."""
    y = np.zeros((*x.shape[:axis], of.out, *x.shape[axis + 1 :]), x.dtype)
    first = np.moveaxis(y, axis, 0)
    for made, cells, shares in _taps(of):
        first[made] += np.moveaxis(x, axis, 0)[cells] * _shaped(shares, x)
    return y


def mixed_adjoint(dy: Array, axis: int, of: ResampledAxis) -> Array:
    """Each cell shared out to those that it was mixed from."""
    dx = np.zeros((*dy.shape[:axis], of.size, *dy.shape[axis + 1 :]), dy.dtype)
    first = np.moveaxis(dx, axis, 0)
    for made, cells, shares in _taps(of):
        np.add.at(first, cells, np.moveaxis(dy, axis, 0)[made] * _shaped(shares, dy))
    return dx


def matrix(of: ResampledAxis) -> Array:
    """(out, size): the share of each cell in each new one, in float32."""
    shares = np.zeros((of.out, of.size), np.float32)
    for row, (first, own) in zip(shares, mixtures(of), strict=True):
        row[first : first + len(own)] = own
    return shares


def _taps(of: ResampledAxis) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], Array]]:
    """For the first cell of all mixtures, the second and so on: the new cells that have it, which it is, its share."""
    found = mixtures(of)
    for tap in range(max(len(shares) for _, shares in found)):
        made = [i for i, (_, shares) in enumerate(found) if tap < len(shares)]
        cells = np.array([found[i].first + tap for i in made], np.intp)
        yield np.array(made, np.intp), cells, np.array([found[i].shares[tap] for i in made])


def _shaped(shares: Array, x: Array) -> Array:
    return shares.astype(x.dtype).reshape(-1, *(1 for _ in x.shape[1:]))
