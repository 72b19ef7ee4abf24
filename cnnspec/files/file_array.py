"""Arrays that stay in their file, read a few rows at a time.

Mapping the file into memory would be shorter, but takes longer where rows come in random order, counts as the process'
memory, and ends the process when somebody cuts the file short.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from io import FileIO
from math import prod
from threading import Lock
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .npy import NpyHeader
from .reading import Malformed

PIECE = 2**22
"""Bytes that are read at once where all rows are wanted."""


class FileArray:
    """An array of which `[...]` reads the rows of given places, or of a stretch, from any thread; the stream may be
    closed.

    Raises Malformed when the file has become shorter meanwhile.
    """

    def __init__(self, stream: IO[bytes], dtype: str, shape: tuple[int, ...], start: int) -> None:
        self.dtype, self.shape, self.ndim = np.dtype(dtype), shape, len(shape)
        self._size = self.dtype.itemsize * prod(shape[1:])
        self.nbytes = len(self) * self._size
        self._start, self._lock = start, Lock()
        # A file of its own, and without a buffer, which would read more than a row.
        self._file = FileIO(os.dup(stream.fileno()))
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: NDArray[np.intp] | slice) -> NDArray[Any]:
        places = range(len(self))[rows] if isinstance(rows, slice) else rows.tolist()
        found = np.empty((len(places), *self.shape[1:]), self.dtype)
        to = found.reshape(-1).view(np.uint8).data
        # The rows of a stretch are read at once.
        size = len(to) if isinstance(rows, slice) else self._size
        with self._lock:
            for begin in range(0, len(to), size or 1):
                self._read(places[begin // size], to[begin : begin + size])
        return found

    def _read(self, row: int, to: memoryview) -> None:
        self._file.seek(self._start + row * self._size)
        while len(to):
            count = self._file.readinto(to)
            if not count:
                raise Malformed("it has become shorter while it was read")
            to = to[count:]


StoredArray = NDArray[Any] | FileArray


def pieces(array: StoredArray) -> Iterator[tuple[int, NDArray[Any]]]:
    """All of an array, a few rows at a time, each time with the place of the first one."""
    step = max(1, PIECE * len(array) // max(1, array.nbytes))
    return ((start, array[start : start + step]) for start in range(0, len(array), step))


def read_whole(stream: IO[bytes], header: NpyHeader) -> NDArray[Any]:
    """The array of an `.npy` file, in memory. Raises Malformed when the file has become shorter meanwhile."""
    stream.seek(header.start)
    data = stream.read()
    if len(data) < np.dtype(header.dtype).itemsize * prod(header.shape):
        raise Malformed("it has become shorter while it was read")
    order: Literal["C", "F"] = "F" if header.fortran_order else "C"
    return np.frombuffer(data, header.dtype).reshape(header.shape, order=order)
