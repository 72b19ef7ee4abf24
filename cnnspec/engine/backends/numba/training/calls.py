"""Many calls of a native function as one: the interpreter is let go of once, however many strips there are.
One call alone is made as it is.

The calls may be shared out between threads. Which thread carries out what changes no byte: calls that write to the
same place are one thread's, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np

from .....kernels.compiled.vectors import Vectors
from ..linker import NativeFunction
from ..native import function
from .addresses import address
from .recordable import Recordable
from .recording import merged
from .steps import Numbers as Numbers
from .steps import Step, Steps

WORTH = 20_000.0
"""Nanoseconds of work that another thread is woken for."""
Which = Numbers | slice
EACH = slice(None)
"""Each strip has a table of its own, in order."""


class Native(Recordable):
    """Native functions for some vectors, whose calls so many threads share out."""

    def __init__(self, vectors: Vectors, threads: int = 1) -> None:
        super().__init__()
        self.vectors = vectors
        self.threads = threads
        self._functions: dict[str, NativeFunction] = {}
        self._sequence, self._repeat = (function(name, vectors).call for name in ("sequence", "repeat"))

    def hands(self, parts: int, nanoseconds: float) -> int:
        """How many threads share so many parts that take so long together."""
        return max(1, min(self.threads, parts, int(nanoseconds / WORTH)))

    def carry_out(self, name: str, tables: Numbers, owners: Numbers | None = None) -> None:
        """Call the function `name` with each row of `tables`; each belongs to a thread, by its number, if not all to
        the one that asks."""
        if not tables.size:
            return
        if self._recording is not None:
            self._recording.calls(self._pairs(name, tables), owners, tables)
        if tables.size == tables.shape[-1]:
            self._function(name).call(address(tables))
        elif self.threads == 1 or owners is None or not owners.any():
            step = 8 * tables.shape[-1]
            calls = self._function(name).address, address(tables), 8 * tables.size // step, step
            table = np.array(calls, np.int64)
            self._repeat(address(table))
        else:
            self.steps.carry_out((self._pairs(name, tables)[None], owners))

    def carry_out_in_turn(self, *calls: tuple[str, Numbers, Which], owners: Numbers) -> None:
        """For each strip all calls, one after the other: of functions and their tables (fields) or (calls, fields),
        which are chosen for each strip from those of all. Each strip belongs to a thread."""
        pairs = np.concatenate([self._chosen(*each) for each in calls], axis=1)
        each = np.repeat(owners, pairs.shape[1])
        if self._recording is not None:
            self._recording.calls(pairs.reshape(-1, 2), each, *(tables for _, tables, _ in calls))
        if owners[-1]:
            self.steps.carry_out((pairs.reshape(1, -1, 2), each))
        else:
            self._run(pairs)

    def carry_out_by_steps(self, *steps: tuple[str, Numbers, Which, Numbers]) -> None:
        """For each strip all steps, one after the other; the calls of a step, chosen as above, are shared out, each
        belongs to a thread."""
        pairs = [self._chosen(name, tables, which) for name, tables, which, _ in steps]
        all_owners = [owners for *_, owners in steps]
        if self._recording is not None:
            for i in range(len(pairs[0])):
                for own_pairs, (_, tables, _, owners) in zip(pairs, steps, strict=True):
                    self._recording.calls(own_pairs[i], owners, tables)
        if any(owners.any() for owners in all_owners):
            self.steps.carry_out(*zip(pairs, all_owners, strict=True))
        else:
            self._run(np.concatenate(pairs, axis=1))

    @cached_property
    def steps(self) -> Steps:
        """What threads carry out together."""
        return Steps(self.threads, self.vectors)

    def _function(self, name: str) -> NativeFunction:
        if name not in self._functions:
            self._functions[name] = function(name, self.vectors)
        return self._functions[name]

    def _chosen(self, name: str, tables: Numbers, which: Which) -> Numbers:
        return self._pairs(name, tables).reshape(len(tables), -1, 2)[which]

    def _pairs(self, name: str, tables: Numbers) -> Numbers:
        """The function's address with that of each table."""
        count, step = tables.size // tables.shape[-1], 8 * tables.shape[-1]
        pairs = np.empty((count, 2), np.int64)
        pairs[:, 0] = self._function(name).address
        first = address(tables)
        pairs[:, 1] = np.arange(first, first + count * step, step)
        return pairs

    def prepared(self, steps: Sequence[Step]) -> Callable[[], None]:
        if self.threads > 1 and any(owners.any() for _, owners in steps):
            return self.steps.prepared(list(merged(steps)))
        pairs = np.concatenate([pairs for pairs, _ in steps])
        return partial(self._run, pairs)

    def _run(self, pairs: Numbers) -> None:
        if pairs.size:
            table = np.array([address(pairs), pairs.size // 2], np.int64)
            self._sequence(address(table))


def owners(parts: int, hands: int) -> Numbers:
    """The number of the thread to which each part belongs: neighbours have the same."""
    return np.arange(parts) * min(hands, parts) // parts


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
