"""Winograd's minimal filtering F(m x m, 3 x 3): 16 multiplications give 4 outputs that need 36 directly (m = 2), 36
give 16 that need 144 (m = 4).

Tiles of m + 2 inputs a side, m apart, and the filters are transformed (B'dB and GgG'), multiplied place by place,
which is one matrix product over channels for each place, and transformed back (A'mA). Both transforms are products
with a Kronecker square.
Cost a cell, with p = (m + 2)^2 places: p/m^2 C*K multiply-accumulates, p^2/m^2 C + p K for the transforms, and filters
p/9 times as large. So m = 4 is for large maps, m = 2 for small ones, where reading the filters costs most.
Error: for m = 4 about 10 times that of the direct sum, 1e-5 of the output's scale in float32; for m = 2 no larger than
the direct sum's.
Lavin, Gray: "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...graph.array import Array
from ...graph.window import tiles
from ..strips import Call, FilterBank, Scratch, Strip, StripResult, add_bias


class Filtering(NamedTuple):
    """The matrices of F(m, 3): B', G and A' of the paper."""

    input: Array
    filter: Array
    output: Array


FILTERINGS = {
    2: Filtering(
        np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float),
        np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]]),
        np.array([[1, 1, 1, 0], [0, 1, -1, -1]], float),
    ),
    4: Filtering(
        np.array(
            [
                [4, 0, -5, 0, 1, 0],
                [0, -4, -4, 1, 1, 0],
                [0, 4, -4, -1, 1, 0],
                [0, -2, -1, 2, 1, 0],
                [0, 2, -1, -2, 1, 0],
                [0, 4, 0, -5, 0, 1],
            ],
            float,
        ),
        np.array(
            [
                [1 / 4, 0, 0],
                [-1 / 6, -1 / 6, -1 / 6],
                [-1 / 6, 1 / 6, -1 / 6],
                [1 / 24, 1 / 12, 1 / 6],
                [1 / 24, -1 / 12, 1 / 6],
                [0, 0, 1],
            ]
        ),
        np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], float),
    ),
}
LEAST, MOST = 256 * 1024, 2 * 1024 * 1024
"""float32 values of a strip's transformed tiles. A strip reads all filters, so it is as large as twice the filters, but
neither so small that calls cost more than they do nor so large that it leaves the cache."""
ENOUGH = 20
"""Tiles below which a product loses more by another cut than a second thread wins."""
WIDE = 64
"""Filters from which on cutting them in two pays where they are large and tiles few: the tiles are transformed twice,
but the filters are read once."""


class Winograd:
    """Weight (K, C, 3, 3) at stride 1; x begins at the first padded cell and holds whole tiles: `step` tiles(H) + 2
    rows, `step` tiles(W) + 2 columns."""

    def __init__(self, step: int, filters: FilterBank) -> None:
        weight, windows, self.bias, _ = filters
        self.step = step
        self.width = windows[1].outputs
        self.weight = transformed(weight, FILTERINGS[step].filter)

    @property
    def tile(self) -> int:
        return self.step + 2

    @cached_property
    def to_tiles(self) -> Array:
        return _square(FILTERINGS[self.step].input)

    @cached_property
    def from_tiles(self) -> Array:
        return _square(FILTERINGS[self.step].output)

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        places, C, K = self.weight.shape
        down, across = tiles(H, self.step), tiles(W, self.step)
        row = places * across * (C + K)
        width = K
        if n == 1 and K >= WIDE and self.weight.size > 2 * row * down:
            width = -(-K // 2)
        rows = max(1, min(max(LEAST, 2 * self.weight.size), MOST) // row)
        if n == 1 and width == K and across * (down // 2) >= ENOUGH:
            rows = min(rows, -(-down // 2))
        images = max(1, min(rows // down, -(-n // 2)))
        cells = H if rows >= down else -(-down // -(-down // rows)) * self.step
        for k in range(0, K, width):
            for i in range(0, n, images):
                for r in range(0, H, cells):
                    yield Strip(i, min(i + images, n), r, min(r + cells, H), k, min(k + width, K))

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        step, tile, places = self.step, self.tile, len(self.weight)
        n, H, C, K = strip.n1 - strip.n0, strip.r1 - strip.r0, x.shape[3], strip.k1 - strip.k0
        down, across = tiles(H, step), tiles(self.width, step)
        T = n * down * across
        s = x.strides
        seen = as_strided(
            x[strip.n0 : strip.n1, strip.r0 :],
            (tile, tile, n, down, across, C),
            (s[1], s[2], s[0], step * s[1], step * s[2], s[3]),
            writeable=False,
        )
        gathered = scratch.take(places, T * C)
        transformed = scratch.take(places, T * C)
        multiplied = scratch.take(places, T, K)
        y = gathered.reshape(-1)[: step * step * T * K].reshape(step * step, T * K) if K <= C else None
        y = scratch.take(step * step, T * K) if y is None else y
        weight = self.weight[:, :, strip.k0 : strip.k1]
        # A' has a column of ones: what is added at its place reaches all outputs, a bias once for a whole tile.
        flat = tile + 1
        calls: list[Call] = [
            partial(np.copyto, gathered.reshape(seen.shape), seen),
            partial(np.matmul, self.to_tiles, gathered, out=transformed),
            partial(np.matmul, transformed.reshape(places, T, C), weight, out=multiplied),
            *add_bias(multiplied[flat], strip.own(self.bias)),
            partial(np.matmul, self.from_tiles, multiplied.reshape(places, T * K), out=y),
        ]
        whole = y.reshape(step, step, n, down, across, K).transpose(2, 3, 0, 4, 1, 5)
        return StripResult(calls, list(_pieces(whole, H, self.width)))


FILTERS = 2**15
"""Filters that are transformed at a time: all at once would take several times the result's memory, in float64."""


def transformed(weight: Array, filter: Array) -> Array:
    """GgG' of all filters g (K, C, 3, 3), as (places, C, K)."""
    K, C = weight.shape[:2]
    square = np.kron(filter, filter)
    found = np.empty((len(square), C, K), np.float32)
    maps = max(1, FILTERS // C)
    for k in range(0, K, maps):
        taps = weight[k : k + maps].transpose(2, 3, 1, 0).astype(np.float64)
        found[:, :, k : k + maps] = (square @ taps.reshape(9, -1)).reshape(len(square), C, -1)
    return found


def _square(matrix: Array) -> Array:
    return np.kron(matrix, matrix).astype(np.float32)


def _pieces(whole: Array, H: int, W: int) -> Iterator[tuple[Array, tuple[slice, ...]]]:
    """Tiles (n, down, step, across, step, K) as full ones and those that hang over the bottom and the right edge."""
    step = whole.shape[2]
    full_rows, full_columns = H // step, W // step
    for rows, tall in ((slice(0, full_rows), step), (slice(full_rows, None), H % step)):
        for columns, wide in ((slice(0, full_columns), step), (slice(full_columns, None), W % step)):
            piece = whole[:, rows, :tall, columns, :wide]
            if piece.size:
                down, across = rows.start * step, columns.start * step
                last_row, last_column = down + piece.shape[1] * tall, across + piece.shape[3] * wide
                yield piece, (slice(None), slice(down, last_row), slice(across, last_column))
