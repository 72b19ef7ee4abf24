"""Many calls of a native function as one: the interpreter is let go of once, however many strips there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....kernels.compiled.vectors import Vectors
from ..native import function


def carry_out(name: str, vectors: Vectors, tables: NDArray[np.int64]) -> None:
    """Call the native function `name` with each row of `tables`, one after the other."""
    _run(_pairs(name, vectors, tables), vectors)


def carry_out_in_turn(vectors: Vectors, *steps: tuple[str, NDArray[np.int64]]) -> None:
    """Of native functions and their tables (strips, fields) or (strips, calls, fields): for each strip all calls, one
    after the other."""
    pairs = [_pairs(name, vectors, tables).reshape(len(tables), -1, 2) for name, tables in steps]
    _run(np.concatenate(pairs, axis=1), vectors)


def _pairs(name: str, vectors: Vectors, tables: NDArray[np.int64]) -> NDArray[np.int64]:
    """The function's address with that of each table."""
    rows = tables.reshape(-1, tables.shape[-1])
    pairs = np.empty((len(rows), 2), np.int64)
    pairs[:, 0] = function(name, vectors).address
    pairs[:, 1] = rows.ctypes.data + rows.strides[0] * np.arange(len(rows))
    return pairs


def _run(pairs: NDArray[np.int64], vectors: Vectors) -> None:
    if pairs.size:
        table = np.array([pairs.ctypes.data, pairs.size // 2], np.int64)
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
