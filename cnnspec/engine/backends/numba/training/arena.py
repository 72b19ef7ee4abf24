"""Memory of arrays that come and go in a step: what one lets go of, a later one gets.

It is planned by doing: a step that is recorded takes and gives back, and the steps that repeat it find the same arrays
at the same places. Steps for batches of several sizes are made one after the other, in the same memory.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .....kernels.strips import aligned

Chunk = NDArray[np.float32]
WASTE, SMALL = 2, 1 << 12
"""A chunk of so many times the size is too large for an array, unless both are small: so many float32 values."""


class Arena:
    """Chunks of memory, to which others of their size are added, and those among them that no array has: all, at
    first."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self.chunks = chunks
        self._free = sorted((chunk.size, number) for number, chunk in enumerate(chunks))
        self._returned: list[tuple[int, int]] = []

    def empty(self, shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
        """An array in the smallest chunk that is free and has room for it; it gives the chunk back as it goes."""
        kind = np.dtype(dtype)
        size = -(-prod(shape) * kind.itemsize // 4)
        while self._returned:
            insort(self._free, self._returned.pop())
        place = bisect_left(self._free, (size, 0))
        if place == len(self._free) or self._free[place][0] > WASTE * size + SMALL:
            number = len(self.chunks)
            self.chunks.append(aligned(max(1, size)))
        else:
            _, number = self._free.pop(place)
        flat = np.asarray(Block(self.chunks[number], number, self._returned))
        return flat.view(np.uint8)[: prod(shape) * kind.itemsize].view(kind).reshape(shape)


class Block:
    """A chunk as long as an array has it. It may go at any moment, so it only says that it has."""

    returned: list[tuple[int, int]] | None = None

    def __init__(self, chunk: Chunk, number: int, returned: list[tuple[int, int]]) -> None:
        self.chunk, self.number = chunk, number
        self.__array_interface__ = chunk.__array_interface__
        self.returned = returned

    def __del__(self) -> None:
        if self.returned is not None:
            self.returned.append((self.chunk.size, self.number))


def owner(x: NDArray[Any]) -> Block | None:
    """The block that an array's memory belongs to, if to one."""
    base: object = x
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, Block) else None


def bare(x: NDArray[Any]) -> NDArray[Any]:
    """The same memory for those who do not keep its block: `x` itself where it is no arena's."""
    block = owner(x)
    if block is None:
        return x
    begin = x.__array_interface__["data"][0] - block.chunk.__array_interface__["data"][0]
    return np.ndarray(x.shape, x.dtype, block.chunk.data, begin, x.strides)
