"""Windows gathered for a matrix product, several neighbouring windows at once.

A block is the stretch of the image that `width` neighbouring windows of a row cover together. Gathering it copies once
what gathering window by window would copy for every window that it is in, and the product has `width` times as many
columns, which suits thin images; in turn the filters' matrix holds zeros where a window does not reach. At width 1
this is the common product over gathered windows (Chellapilla, Puri, Simard 2006).

Everything here is (N, H, W, C) and contiguous.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...graph.array import Array
from ...graph.window import SlidingWindow, SlidingWindows
from ..strips import CACHE, Strip, strips
from .padding import inside, padded

ROOM = 2 * CACHE
"""Values of gathered blocks: a strip's other arrays are small, so it may be larger than the engine's."""
GATHERING = 32
"""Multiply-accumulates in the time that gathering one value takes."""


class Blocks:
    """Blocks of the windows of two axes over images (N, H, W, C), for filters of shape (K, C, FH, FW).

    Where not all values are `finite` a block has one window: zeros in the filters' matrix would spread what is no
    number to its neighbours.
    """

    def __init__(self, windows: SlidingWindows, filters: tuple[int, ...], finite: bool = True) -> None:
        self.windows = rows, columns = windows
        self.K, self.C, *_ = self.filters = filters
        self.width = _width(columns, min(self.K, self.C)) if finite else 1
        self.count = columns.outputs // self.width
        self.apart = self.width * columns.S
        # At width 1 the columns of a block are D apart.
        self.reach = (self.width - 1) * columns.S + columns.F
        self.taps = rows.F * self.reach * self.C

    def spans(self) -> Iterator[tuple[slice, int]]:
        """Columns of a block such that those of all blocks do not overlap, and where the first block's lie."""
        step = self.apart if self.windows[1].D == 1 else 1
        for first in range(0, self.reach, step):
            yield slice(first, min(first + step, self.reach)), first * self.windows[1].D

    def padded(self, x: Array) -> Array:
        """x with zeros around it, as far as blocks and their spans reach; x itself where that is nowhere."""
        return padded(x, self.windows, self.sizes)

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows and columns of the image and its padding."""
        rows, columns = self.windows
        low = (rows.outputs - 1) * rows.S + rows.extent
        wide = max(place for _, place in self.spans()) + self.count * self.apart
        return max(rows.before + rows.size, low), max(columns.before + columns.size, wide)

    def matrix(self, filters: Array) -> Array:
        """Filters (K, C, FH, FW) as the matrix (taps, width*K) that makes outputs of gathered blocks."""
        matrix = np.zeros((self.windows[0].F, self.reach, self.C, self.width, self.K), filters.dtype)
        for seen in self._places(matrix):
            seen[...] = filters.transpose(2, 3, 1, 0)
        return matrix.reshape(self.taps, -1)

    def filters_of(self, matrix: Array) -> Array:
        """The adjoint of `matrix`: what it holds of each filter, added up."""
        places = self._places(matrix.reshape(self.windows[0].F, self.reach, self.C, self.width, self.K))
        return np.ascontiguousarray(np.sum(places, axis=0).transpose(3, 2, 0, 1))

    def _places(self, matrix: Array) -> list[Array]:
        """The filters (FH, FW, C, K) of each of the block's windows in the matrix."""
        S, F = self.windows[1].S, self.windows[1].F
        return [matrix[:, i * S : i * S + F, :, i] for i in range(self.width)]

    def strips(self, n: int) -> Iterator[Strip]:
        """Parts of the output whose gathered blocks fit the cache, or are as large as the filters."""
        room = max(ROOM, self.taps * self.width * self.K)
        return strips(n, self.windows[0].outputs, self.K, self.count * self.taps, room=room)

    def gathered(self, x: Array) -> Iterator[tuple[Strip, Array]]:
        """The blocks (rows, taps) of padded images, strip by strip, in memory that the next strip uses again."""
        seen = self.seen(x)
        room = np.empty(0, x.dtype)
        for strip in self.strips(len(x)):
            part = seen[strip.n0 : strip.n1, strip.r0 : strip.r1]
            room = room if room.size >= part.size else np.empty(part.size, x.dtype)
            blocks = room[: part.size]
            np.copyto(blocks.reshape(part.shape), part)
            yield strip, blocks.reshape(-1, self.taps)

    def seen(self, x: Array) -> Array:
        """All blocks of padded images as a view (N, rows, blocks of a row, FH, columns, C)."""
        rows, columns = self.windows
        s = x.strides
        return as_strided(
            x,
            (len(x), rows.outputs, self.count, rows.F, self.reach, self.C),
            (s[0], rows.S * s[1], self.apart * s[2], rows.D * s[1], columns.D * s[2], s[3]),
            writeable=False,
        )

    def of(self, y: Array, strip: Strip) -> Array:
        """A strip of an output (N, rows, columns, K) as (rows, width*K), the same memory."""
        return y[strip.n0 : strip.n1, strip.r0 : strip.r1].reshape(-1, self.width * self.K)

    def no_matrix(self, x: Array) -> Array:
        return np.zeros((self.taps, self.width * self.K), x.dtype)

    def output(self, x: Array) -> Array:
        """Room for the outputs (N, rows, columns, K)."""
        return np.empty((len(x), self.windows[0].outputs, self.windows[1].outputs, self.K), x.dtype)

    def correlate(self, x: Array, filters: Array) -> Array:
        """The convolution of x (N, H, W, C): (N, rows, columns, K)."""
        y, matrix = self.output(x), self.matrix(filters)
        for strip, blocks in self.gathered(self.padded(x)):
            np.matmul(blocks, matrix, out=self.of(y, strip))
        return y

    def by_filters(self, x: Array, dy: Array) -> Array:
        """The gradient by the filters of `correlate`."""
        total = self.no_matrix(x)
        for strip, blocks in self.gathered(self.padded(x)):
            total += blocks.T @ self.of(dy, strip)
        return self.filters_of(total)

    def both(self, x: Array, filters: Array, dy: Array) -> tuple[Array, Array]:
        """`correlate` with these filters, and `by_filters` of dy, from blocks that are gathered once."""
        y, matrix, total = self.output(x), self.matrix(filters), self.no_matrix(x)
        for strip, blocks in self.gathered(self.padded(x)):
            np.matmul(blocks, matrix, out=self.of(y, strip))
            total += blocks.T @ self.of(dy, strip)
        return y, self.filters_of(total)

    def paint(self, dy: Array, filters: Array) -> Array:
        """The adjoint of `correlate`: each output's windows added to where they lie (N, H, W, C)."""
        rows = self.windows[0]
        total = np.zeros((len(dy), *self.sizes, self.C), dy.dtype)
        matrix = self.matrix(filters).T
        for strip in self.strips(len(dy)):
            n, H = strip.n1 - strip.n0, strip.r1 - strip.r0
            windows = (self.of(dy, strip) @ matrix).reshape(n, H, self.count, rows.F, self.reach, self.C)
            for i in range(rows.F):
                first = strip.r0 * rows.S + i * rows.D
                below = total[strip.n0 : strip.n1, first : first + (H - 1) * rows.S + 1 : rows.S]
                for span, place in self.spans():
                    cells = below[:, :, place : place + self.count * self.apart]
                    cells = cells.reshape(n, H, self.count, self.apart, self.C)[..., : span.stop - span.start, :]
                    cells += windows[:, :, :, i, span]
        return np.ascontiguousarray(total[inside(self.windows)])


def are_finite(*arrays: Array) -> bool:
    """Whether the sums of all values are finite, and so each of them. Finite values may add up to infinity: then the
    slower way is taken, which is right as well."""
    return all(isfinite(array.sum()) for array in arrays)


def _width(columns: SlidingWindow, thin: int) -> int:
    """How many windows a block holds: the more, the less is gathered and the wider is the product, but the more zeros
    are multiplied."""
    if columns.D > 1:
        return 1
    divisors = [w for w in range(1, columns.outputs + 1) if columns.outputs % w == 0]
    return min(divisors, key=lambda w: ((w - 1) * columns.S + columns.F) * (1 + GATHERING / (thin * w)))
