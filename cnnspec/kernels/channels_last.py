"""Images whose values lie in memory by row, column and channel: the order in which training keeps them, as the engine.

A batch is (N, C, H, W) to everyone, but the C values of a cell are neighbours, so that a convolution is a product of
matrices, a cell a row, without moving a value. A batch of vectors (N, C) has one cell an image.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
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


def parts(x: Array, arrays: int = 2) -> Iterator[slice]:
    """Images, or rows, of x such that so many `arrays` of their size stay in the cache together while several calls go
    over them."""
    count = max(1, CACHE // arrays // prod(x.shape[1:]))
    yield from (slice(i, i + count) for i in range(0, len(x), count))


def cells(x: Array) -> Array:
    """x (N, C, H, W) as contiguous (N, H, W, C): its own memory where it lies channels-last already."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def image(y: Array) -> Array:
    """y (N, H, W, C) as (N, C, H, W), the same memory."""
    return y.transpose(0, 3, 1, 2)


def in_rows(x: Array) -> Array:
    """Contiguous x (N, H, W, C) as (N*H, W*C): inner loops over a row of the image are longer than those over a
    cell. A vector of channels is `repeat`ed for them."""
    return x.reshape(-1, x.shape[-2] * x.shape[-1])


def repeat(values: Array, rows: Array) -> Array:
    """values (C,) for every cell of a row of `in_rows`."""
    return np.tile(values, rows.shape[1] // len(values))


def add_to_cells(y: Array, values: Array) -> None:
    """Add values (C,) to every cell of y (N, H, W, C), in place."""
    rows = in_rows(y)
    rows += repeat(values, rows)


def cells_total(x: Array) -> Array:
    """The sums (C,) over all cells of x (N, H, W, C)."""
    rows = in_rows(x)
    return fold(column_totals(rows), x.shape[-1])


def column_totals(rows: Array) -> Array:
    """The sums of columns, by a product with ones: NumPy's own sum is slow over a long axis of short rows."""
    total: Array = np.ones(len(rows), rows.dtype) @ rows
    return total


def fold(totals: Array, C: int) -> Array:
    """The sums of a row's columns (W*C,) as sums of channels (C,)."""
    total: Array = totals.reshape(-1, C).sum(axis=0)
    return total
