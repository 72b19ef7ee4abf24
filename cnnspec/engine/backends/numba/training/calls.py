"""Many calls of a native function as one: the interpreter is let go of once, however many strips there are.
One call alone is made as it is.

The calls may be shared out between threads. Which thread carries out what changes no byte: calls that write to the
same place are one thread's, in order.
"""

from __future__ import annotations

from ctypes import c_void_p
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .....kernels.compiled.vectors import Vectors
from ....backend import Alone, Team
from ..linker import NativeFunction
from ..native import function

WORTH = 60_000.0
"""Nanoseconds of work that another thread is woken for."""
OBJECT = object.__basicsize__
"""Bytes of any object in CPython. NumPy's C interface promises that the pointer to an array's values is what an array
has first behind them."""
_pointer_at = c_void_p.from_address
Numbers = NDArray[np.int64]
EACH = slice(None)
"""Each strip has a table of its own, in order."""


class Native:
    """Native functions for some vectors, whose calls a team shares out."""

    def __init__(self, vectors: Vectors, team: Team | None = None) -> None:
        self.vectors = vectors
        self.team = team or Alone()
        self._functions: dict[str, NativeFunction] = {}
        self._sequence, self._repeat = (function(name, vectors).call for name in ("sequence", "repeat"))

    def whole(self, channels: int) -> int:
        """Channels up to whole vectors."""
        return -(-channels // self.vectors.lanes) * self.vectors.lanes

    def hands(self, parts: int, nanoseconds: float) -> int:
        """How many threads share so many parts that take so long together."""
        return max(1, min(self.team.count, parts, int(nanoseconds / WORTH)))

    def carry_out(self, name: str, tables: Numbers, owners: Numbers | None = None) -> None:
        """Call the function `name` with each row of `tables`; each belongs to a thread, by its number, if not all to
        the one that asks."""
        if tables.size == tables.shape[-1]:
            self._function(name).call(address(tables))
        elif self.team.count == 1 or owners is None or not owners.any():
            step = 8 * tables.shape[-1]
            calls = self._function(name).address, address(tables), 8 * tables.size // step, step
            table = np.array(calls, np.int64)
            self._repeat(address(table))
        else:
            pairs = self._pairs(name, tables)
            shares = [pairs[owners == number] for number in range(int(owners.max()) + 1)]
            self.team.share(lambda number: self._run(shares[number]), len(shares))

    def carry_out_in_turn(self, *steps: tuple[str, Numbers, Numbers | slice], owners: Numbers) -> None:
        """For each strip all calls, one after the other: of functions and their tables (fields) or (calls, fields),
        which are chosen for each strip from those of all. Each strip belongs to a thread."""
        pairs = [self._pairs(name, tables).reshape(len(tables), -1, 2)[which] for name, tables, which in steps]
        all_pairs = np.concatenate(pairs, axis=1)
        if owners[-1]:
            self.team.share(partial(self._share_of, all_pairs, owners), int(owners[-1]) + 1)
        else:
            self._run(all_pairs)

    def _share_of(self, pairs: Numbers, owners: Numbers, number: int) -> None:
        self._run(pairs[owners == number])

    def _function(self, name: str) -> NativeFunction:
        if name not in self._functions:
            self._functions[name] = function(name, self.vectors)
        return self._functions[name]

    def _pairs(self, name: str, tables: Numbers) -> Numbers:
        """The function's address with that of each table."""
        count, step = tables.size // tables.shape[-1], 8 * tables.shape[-1]
        pairs = np.empty((count, 2), np.int64)
        pairs[:, 0] = self._function(name).address
        first = address(tables)
        pairs[:, 1] = np.arange(first, first + count * step, step)
        return pairs

    def _run(self, pairs: Numbers) -> None:
        if pairs.size:
            table = np.array([address(pairs), pairs.size // 2], np.int64)
            self._sequence(address(table))


def address(x: NDArray[Any]) -> int:
    """Of an array's first value: `x.ctypes.data`, which takes several times as long, thousands of times a step."""
    return _pointer_at(id(x) + OBJECT).value or 0


def owners(parts: int, hands: int) -> Numbers:
    """The number of the thread to which each part belongs: neighbours have the same."""
    return np.arange(parts) * hands // parts


def cut(size: int, parts: int, step: int = 1) -> list[slice]:
    """So many parts, or fewer, of `size` values, each but the last one a multiple of a step long."""
    count = -(-size // (step * parts)) * step
    return [slice(first, min(first + count, size)) for first in range(0, size, max(1, count))]


def rows_in_strips(rows: int, values: int, room: int) -> tuple[Numbers, Numbers]:
    """The first row and the number of rows of each strip, for rows of so many `values` of which `room` fit a strip."""
    count = max(1, room // values)
    first = np.arange(0, rows, count)
    return first, np.minimum(count, rows - first)


def row_table(shape: tuple[int, ...], *steps: tuple[int, ...]) -> Numbers:
    """For each row of images (N, H, ...) its offsets, by the bytes from image to image and from row to row of each
    array: (N*H, arrays)."""
    n, r = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    return np.stack([n * image + r * row for image, row, *_ in steps], axis=1)
