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

from ...graph.array import Array
from ..strips import Call, FilterBank, Scratch, Strip, StripResult, add_bias, multiply, strips

SHORT_ROW = 16
"""float32 values of a window's row below which it is not worth a copy of its own."""


class Im2col:
    """Weight (K, C, FH, FW) with the windows of rows and columns; x begins at the first padded cell."""

    def __init__(self, filters: FilterBank) -> None:
        weight, windows, self.bias, _ = filters
        K, C, FH, FW = weight.shape
        self.weight = np.ascontiguousarray(weight.transpose(2, 3, 1, 0).reshape(FH * FW * C, K))
        self.windows = windows
        self.C = C

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        taps, K = self.weight.shape
        few = n * H * W < 128
        yield from strips(n, H, K, 0 if few else W * (taps + K), parts=2 if few and K >= 128 else 1)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        n, H, W = strip.n1 - strip.n0, strip.r1 - strip.r0, self.windows[1].outputs
        seen = self.gathered(x, strip)
        taps = len(self.weight)
        y = scratch.take(n * H * W, strip.k1 - strip.k0)
        if self.windows[1].F * self.C < SHORT_ROW:
            # A window's rows are too short to copy one by one: copy along the image's rows, each tap by itself.
            gathered = scratch.take(taps, n * H * W)
            seen = seen.transpose(3, 4, 5, 0, 1, 2)
            cells = gathered.T
        else:
            gathered = cells = scratch.take(n * H * W, taps)
        calls: list[Call] = [
            partial(np.copyto, gathered.reshape(seen.shape), seen),
            multiply(cells, self.weight[:, strip.k0 : strip.k1], y),
        ]
        calls += add_bias(y.reshape(n * H, -1), strip.own(self.bias))
        return StripResult(calls, [(y.reshape(n, H, W, -1), ())])

    def gathered(self, x: Array, strip: Strip) -> Array:
        """The strip's windows (n, H, W, FH, FW, C) as a view."""
        rows, columns = self.windows
        s = x.strides
        return as_strided(
            x[strip.n0 : strip.n1, strip.r0 * rows.S :],
            (strip.n1 - strip.n0, strip.r1 - strip.r0, columns.outputs, rows.F, columns.F, self.C),
            (s[0], rows.S * s[1], columns.S * s[2], rows.D * s[1], columns.D * s[2], s[3]),
            writeable=False,
        )
