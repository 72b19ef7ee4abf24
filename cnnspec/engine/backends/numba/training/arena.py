"""Memory of arrays that come and go in a step: what one lets go of, a later one gets.

It is planned by doing: a step that is recorded takes and gives back, and the steps that repeat it find the same arrays
at the same places.
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
    """Chunks of memory, which stay until the arena goes, and those among them that no array has."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self._free: list[tuple[int, int]] = []

    @property
    def nbytes(self) -> int:
        return sum(chunk.nbytes for chunk in self.chunks)

    def empty(self, shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
        """An array in the smallest chunk that is free and has room for it; it gives the chunk back as it goes."""
        kind = np.dtype(dtype)
        size = -(-prod(shape) * kind.itemsize // 4)
        place = bisect_left(self._free, (size, 0))
        if place == len(self._free) or self._free[place][0] > WASTE * size + SMALL:
            number = len(self.chunks)
            self.chunks.append(aligned(max(1, size)))
        else:
            _, number = self._free.pop(place)
        flat = np.asarray(Block(self, number))
        return flat.view(np.uint8)[: prod(shape) * kind.itemsize].view(kind).reshape(shape)

    def give_back(self, number: int) -> None:
        insort(self._free, (self.chunks[number].size, number))

    def bare(self, x: NDArray[Any]) -> NDArray[Any]:
        """The same memory for those who do not keep it: `x` itself where it is not the arena's."""
        block = owner(x)
        if block is None or block.arena is not self:
            return x
        chunk = self.chunks[block.number]
        begin = x.__array_interface__["data"][0] - chunk.__array_interface__["data"][0]
        return np.ndarray(x.shape, x.dtype, chunk.data, begin, x.strides)


class Block:
    """A chunk as long as an array has it."""

    def __init__(self, arena: Arena, number: int) -> None:
        self.arena, self.number = arena, number
        self.__array_interface__ = arena.chunks[number].__array_interface__

    def __del__(self) -> None:
        self.arena.give_back(self.number)


def owner(x: NDArray[Any]) -> Block | None:
    """The block that an array's memory belongs to, if to one."""
    base: object = x
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, Block) else None
