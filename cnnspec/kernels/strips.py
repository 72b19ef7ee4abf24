"""What the engine's convolution kernels share: work cut into strips that fit the cache, calls bound beforehand.

Arrays here are (n, H, W, C): the C values of a cell are neighbours. A kernel binds one strip at a time to NumPy
calls with all views and outputs in place, so that running it makes no array and no decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from typing import NamedTuple, Protocol

import numpy as np

from ..graph.array import Array
from ..graph.window import SlidingWindows

Call = Callable[[], object]
CACHE = 96 * 1024
"""float32 values that a strip's scratch should stay below: well inside a core's second-level cache."""


class Strip(NamedTuple):
    """A part of an output: images `n0` to `n1`, rows `r0` to `r1`, channels `k0` to `k1`."""

    n0: int
    n1: int
    r0: int
    r1: int
    k0: int
    k1: int

    def of(self, x: Array) -> Array:
        """The strip of an output-shaped array (n, H, W, K)."""
        return x[self.n0 : self.n1, self.r0 : self.r1, :, self.k0 : self.k1]

    def own(self, bias: Array | None) -> Array | None:
        """The strip's part of a bias (K,)."""
        return None if bias is None else bias[self.k0 : self.k1]


class StripResult(NamedTuple):
    """A strip's values before they are finished: the calls that make them, and where they are, in pieces (piece,
    index): `out[index]`, reshaped to the piece, is where it belongs."""

    calls: list[Call]
    pieces: list[tuple[Array, tuple[slice, ...]]]


class FilterBank(NamedTuple):
    """What a convolution's kernel is made of: weight (K, C/G, FH, FW), for a transposed one (C, K/G, FH, FW), in G
    groups, the windows of rows and columns, and the bias (K,)."""

    weight: Array
    windows: SlidingWindows
    bias: Array | None = None
    G: int = 1


class Kernel(Protocol):
    """A way to compute a convolution, made of a `FilterBank` whose values it has in an order of its own.

    It knows no layer and no thread. Which of its calls run beside each other, and what becomes of a strip's values
    behind them (a second branch, an activation), the engine says.
    """

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        """The parts in which it makes an output (n, H, W, K): all of it, each cell once, by sizes alone."""

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        """The calls that make a strip, from x (n, H, W, C) with the border that was selected for the kernel, in memory
        of the scratch."""


KernelMaker = Callable[[FilterBank], Kernel]


class Scratch:
    """Memory that strips use one after the other; each `take` from a `fresh` start, so nothing outlives a strip."""

    def __init__(self) -> None:
        self._blocks: list[Array] = []
        self._used: list[int] = []

    def fresh(self) -> Scratch:
        self._used = []
        return self

    def branch(self) -> Scratch:
        """The same memory without what has been taken: parts of a strip that each begin a branch use it one after the
        other."""
        branch = Scratch()
        branch._blocks, branch._used = self._blocks, [*self._used]
        return branch

    def take(self, *shape: int) -> Array:
        """An array of undefined float32 values."""
        size = -(-prod(shape) // 16) * 16
        self._used += [0] * (len(self._blocks) - len(self._used))
        for i, block in enumerate(self._blocks):
            if self._used[i] + size <= block.size:
                self._used[i] += size
                return block[self._used[i] - size :][: prod(shape)].reshape(shape)
        self._blocks.append(aligned(max(size, 4 * CACHE)))
        self._used.append(size)
        return self._blocks[-1][: prod(shape)].reshape(shape)

    @property
    def nbytes(self) -> int:
        return sum(block.nbytes for block in self._blocks)


def aligned(size: int) -> Array:
    """`size` zeros that begin at a cache line."""
    block = np.zeros(size + 16, np.float32)
    skip = (-block.ctypes.data % 64) // 4
    return block[skip : skip + size]


def strips(n: int, H: int, K: int, cost: int, parts: int = 1, room: int | None = None) -> Iterator[Strip]:
    """Cut n images of H rows into strips of at most `room` values (by default `CACHE`) at `cost` values a row, at least
    one row each; `parts` cuts the channels as well. The cut hangs on sizes alone, not on the number of threads."""
    width = -(-K // parts)
    for k0 in range(0, K, width):
        k1 = min(k0 + width, K)
        rows = max(1, (room or CACHE) // max(cost, 1))
        if rows >= H:
            images = max(1, min(rows // H, -(-n // 2)))
            for n0 in range(0, n, images):
                yield Strip(n0, min(n0 + images, n), 0, H, k0, k1)
            continue
        rows = -(-H // -(-H // rows))
        for i in range(n):
            for r0 in range(0, H, rows):
                yield Strip(i, i + 1, r0, min(r0 + rows, H), k0, k1)


WIDEST = 1 << 16
"""float32 values of a repeated bias."""
SHORT = 1 << 13
"""float32 values up to which a bias is repeated for all of them, so that it takes one run."""


def add_bias(flat: Array, bias: Array | None) -> list[Call]:
    """The call that adds a bias (K,) in place to `flat` (a, b), whose b is a multiple of K, channels fastest; none
    without a bias. Few long rows: a short row costs more to begin than to add."""
    if bias is None:
        return []
    a, b = (1, flat.size) if flat.size <= SHORT else flat.shape
    while b > WIDEST and b % 2 == 0 and (b // 2) % len(bias) == 0:
        a, b = a * 2, b // 2
    rows = flat.reshape(b) if a == 1 else flat.reshape(a, b)
    return [partial(np.add, rows, np.tile(bias, b // len(bias)), out=rows)]


def lies_apart(x: Array) -> bool:
    """Whether a call's innermost loop over x steps over other values: its nearest neighbours are not side by side."""
    steps = [abs(stride) for stride, size in zip(x.strides, x.shape, strict=True) if size > 1]
    return min(steps, default=x.itemsize) != x.itemsize


def side_by_side(out: Array, scratch: Scratch) -> tuple[Array, list[Call]]:
    """Where calls may work in place on what belongs into `out`: there, or, where its values lie apart, in scratch, with
    the call that copies it.

    Loops over strided values are written by hand for each processor, and not all of them are right. NumPy's `negative`
    is wrong, from 2.1 on, where float32 values lie 4 apart (float64 values 8) and its result is not side by side: it
    takes bytes for values, and reads what lies between.
    """
    if not lies_apart(out):
        return out, []
    y = scratch.take(*out.shape)
    return y, [partial(np.copyto, out, y)]


def multiply(a: Array, b: Array, out: Array) -> Call:
    """The call that puts the product of two matrices into `out`. `dot` has less to set up, but copies what is not one
    piece of memory."""
    whole = all(x.flags.forc for x in (a, b))
    return partial(np.dot if whole else np.matmul, a, b, out=out)


def joined(x: Array) -> Array | None:
    """x (..., C) as (cells, C) without a copy, or None where its cells are not evenly spaced."""
    try:
        return np.reshape(x, (prod(x.shape[:-1]), x.shape[-1]), copy=False)
    except ValueError:
        return None


def evenly(x: Array, scratch: Scratch) -> tuple[Array, list[Call]]:
    """x (n, H, W, C) as (cells, C) for a product: itself, or a copy with the call that makes it."""
    cells = joined(x)
    if cells is not None:
        return cells, []
    copy = scratch.take(*x.shape)
    return copy.reshape(-1, x.shape[-1]), [partial(np.copyto, copy, x)]
