"""Many calls of a native function as one: the interpreter is let go of once, however many strips there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....kernels.compiled.vectors import Vectors
from ..native import function


def carry_out(name: str, vectors: Vectors, tables: NDArray[np.int64]) -> None:
    """Call the native function `name` with each row of `tables`, one after the other."""
    if not len(tables):
        return
    pairs = np.empty((len(tables), 2), np.int64)
    pairs[:, 0] = function(name, vectors).address
    pairs[:, 1] = tables.ctypes.data + tables.strides[0] * np.arange(len(tables))
    table = np.array([pairs.ctypes.data, len(pairs)], np.int64)
    function("sequence", vectors).call(table.ctypes.data)


def rows_in_strips(rows: int, values: int, room: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first row and the number of rows of each strip, for rows of so many `values` of which `room` fit a strip."""
    count = max(1, room // values)
    first = np.arange(0, rows, count)
    return first, np.minimum(count, rows - first)


def row_table(shape: tuple[int, ...], *steps: tuple[int, ...]) -> NDArray[np.int64]:
    """For each row of images (N, H, ...) its offsets, by the bytes from image to image and from row to row of each
    array: (N*H, arrays)."""
    n, r = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    return np.stack([n * image + r * row for image, row, *_ in steps], axis=1)
