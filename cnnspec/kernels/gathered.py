"""Convolution as a matrix product over gathered windows.

Every window's values are copied into one row; the rows times the filters are the output. A row of the window is a
run of FW*C neighbours in memory, so gathering is one copy of a strided view.
Cost: F*F*C*K multiply-accumulates a cell at the speed of the product, and F*F*C values copied.
Chellapilla, Puri, Simard: "High Performance Convolutional Neural Networks for Document Processing", 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..geometry import Sweep
from .strips import Call, Made, Scratch, Strip, strips
from .windows import Array


class Gathered:
    """Weight (K, C, FH, FW) with the sweeps of rows and columns; x begins at the first padded cell."""

    def __init__(self, weight: Array, sweeps: tuple[Sweep, Sweep]) -> None:
        K, C, FH, FW = weight.shape
        self.weight = np.ascontiguousarray(weight.transpose(2, 3, 1, 0).reshape(FH * FW * C, K))
        self.sweeps = sweeps
        self.C = C

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        taps, K = self.weight.shape
        few = n * H * W < 128
        yield from strips(n, H, K, 0 if few else W * (taps + K), parts=2 if few and K >= 128 else 1)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> Made:
        rows, columns = self.sweeps
        n, H, W = strip.n1 - strip.n0, strip.r1 - strip.r0, columns.outputs
        s = x.strides
        start = x[strip.n0 : strip.n1, strip.r0 * rows.S :]
        run = columns.D == 1 and s[2] == self.C * 4
        across, stride = ((1, self.C * columns.F), (0, 4)) if run else ((columns.F, self.C), (columns.D * s[2], 4))
        seen = as_strided(
            start,
            (n, H, W, rows.F, *across),
            (s[0], rows.S * s[1], columns.S * s[2], rows.D * s[1], *stride),
            writeable=False,
        )
        gathered = scratch.take(*seen.shape)
        weight = self.weight[:, strip.k0 : strip.k1]
        y = scratch.take(n * H * W, strip.k1 - strip.k0)
        calls: list[Call] = [
            partial(np.copyto, gathered, seen),
            partial(np.matmul, gathered.reshape(n * H * W, -1), weight, out=y),
        ]
        return Made(calls, y.reshape(n * H, -1), [(y.reshape(n, H, W, -1), ())])
