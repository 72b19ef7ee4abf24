"""Images (N, C, H, W) whose values lie in memory by row, column and channel: the order in which training keeps them.

A cell's channels are then neighbours, so that a convolution is a product of matrices without moving a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph.array import Array
from .strips import CACHE


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array (N, C, H, W) with its channels last in memory; vectors (N, C) as they are."""
    return np.moveaxis(np.empty((shape[0], *shape[2:], shape[1]), dtype), -1, 1)


def zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """As `empty`, filled with zeros."""
    return np.moveaxis(np.zeros((shape[0], *shape[2:], shape[1]), dtype), -1, 1)


def ordered(x: Array) -> Array:
    """`x` itself where its channels are last in memory, else a copy where they are."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def parts(x: Array) -> Iterator[slice]:
    """Images of a batch that stay in the cache together while several calls go over them."""
    count = max(1, CACHE // 2 * len(x) // x.size)
    yield from (slice(i, i + count) for i in range(0, len(x), count))
