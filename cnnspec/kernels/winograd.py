"""Winograd's minimal filtering F(4x4, 3x3): 36 multiplications give 16 outputs that need 144 directly.

Tiles of 6 x 6 inputs, 4 apart, and the filters are transformed (B'dB and GgG'), multiplied place by place, which is
36 matrix products over channels, and transformed back (A'mA). Both transforms are products with a Kronecker square.
Cost a cell: 36/16 C*K multiply-accumulates, 36*36/16 C + 36 K for the transforms, and filters 4 times as large.
Error: about 10 times that of the direct sum, 1e-5 of the output's scale in float32.
Lavin, Gray: "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..geometry import Sweep
from .strips import Call, Made, Scratch, Strip, add_bias, strips
from .tiling import STEP, TILE, tiles
from .windows import Array

INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
FILTER = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
OUTPUT = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])
TO_TILES = np.kron(INPUT, INPUT).astype(np.float32)
FROM_TILES = np.kron(OUTPUT, OUTPUT).astype(np.float32)
FLAT = TILE + 1
"""The place whose value goes into all 16 outputs alike: A' has a column of ones. A bias is added there, once for 16
cells."""
MOST = 640 * 1024
"""float32 values of a strip's transformed tiles: filters are read once a strip, so strips are long."""

ENOUGH = 20
"""Tiles below which a product loses more by another cut than a second thread wins."""


class Winograd:
    """Weight (K, C, 3, 3) at stride 1; x begins at the first padded cell and holds whole tiles: 4 tiles(H) + 2 rows,
    4 tiles(W) + 2 columns."""

    def __init__(self, weight: Array, sweeps: tuple[Sweep, Sweep], bias: Array | None) -> None:
        K, C = weight.shape[:2]
        self.width = sweeps[1].outputs
        transformed = np.einsum("ai,kcij,bj->abck", FILTER, weight.astype(np.float64), FILTER, optimize=True)
        self.bias = bias
        self.weight = np.ascontiguousarray(transformed.reshape(TILE * TILE, C, K), np.float32)

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        _, C, K = self.weight.shape
        rows = max(1, MOST // (TILE * TILE * tiles(W) * (C + K)))
        if n == 1 and tiles(W) * (tiles(H) // 2) >= ENOUGH:
            rows = min(rows, -(-tiles(H) // 2))
        rows = -(-tiles(H) // -(-tiles(H) // rows)) * STEP
        few = tiles(H) * tiles(W) < 32
        for strip in strips(n, H, K, 0, parts=2 if few else 1):
            for i in range(strip.n0, strip.n1):
                for r0 in range(0, H, rows):
                    yield Strip(i, i + 1, r0, min(r0 + rows, H), strip.k0, strip.k1)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> Made:
        n, H, C, K = strip.n1 - strip.n0, strip.r1 - strip.r0, x.shape[3], strip.k1 - strip.k0
        down, across = tiles(H), tiles(self.width)
        T = n * down * across
        s = x.strides
        seen = as_strided(
            x[strip.n0 : strip.n1, strip.r0 :],
            (TILE, TILE, n, down, across, C),
            (s[1], s[2], s[0], STEP * s[1], STEP * s[2], s[3]),
            writeable=False,
        )
        gathered = scratch.take(TILE * TILE, T * C)
        transformed = scratch.take(TILE * TILE, T * C)
        multiplied = scratch.take(TILE * TILE, T, K)
        y = gathered.reshape(-1)[: STEP * STEP * T * K].reshape(STEP * STEP, T * K) if K <= C else None
        y = scratch.take(STEP * STEP, T * K) if y is None else y
        weight = self.weight[:, :, strip.k0 : strip.k1]
        calls: list[Call] = [
            partial(np.copyto, gathered.reshape(seen.shape), seen),
            partial(np.matmul, TO_TILES, gathered, out=transformed),
            partial(np.matmul, transformed.reshape(TILE * TILE, T, C), weight, out=multiplied),
            *add_bias(multiplied[FLAT], self.bias, strip),
            partial(np.matmul, FROM_TILES, multiplied.reshape(TILE * TILE, T * K), out=y),
        ]
        whole = y.reshape(STEP, STEP, n, down, across, K).transpose(2, 3, 0, 4, 1, 5)
        return Made(calls, list(_pieces(whole, H, self.width)))


def _pieces(whole: Array, H: int, W: int) -> Iterator[tuple[Array, tuple[slice, ...]]]:
    """Tiles (n, down, 4, across, 4, K) as full ones and those that hang over the bottom and the right edge."""
    full_rows, full_columns = H // STEP, W // STEP
    for rows, tall in ((slice(0, full_rows), STEP), (slice(full_rows, None), H % STEP)):
        for columns, wide in ((slice(0, full_columns), STEP), (slice(full_columns, None), W % STEP)):
            piece = whole[:, rows, :tall, columns, :wide]
            if piece.size:
                down, across = rows.start * STEP, columns.start * STEP
                last_row, last_column = down + piece.shape[1] * tall, across + piece.shape[3] * wide
                yield piece, (slice(None), slice(down, last_row), slice(across, last_column))
