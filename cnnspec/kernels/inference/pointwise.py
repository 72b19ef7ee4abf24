"""A 1 x 1 convolution as one matrix product: each cell's C values become K.

Cost: C*K multiply-accumulates a cell, at the full speed of the product from about 100 cells on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...graph.array import Array
from ..strips import FilterBank, Scratch, Strip, StripResult, add_bias, evenly, multiply, strips

FEW_CELLS = 256


class Pointwise:
    """Weight (K, C, 1, 1) with the windows of rows and columns; x has no border."""

    def __init__(self, filters: FilterBank) -> None:
        weight, windows, self.bias, _ = filters
        self.weight = np.ascontiguousarray(weight.reshape(len(weight), -1).T)
        self.stride = windows[0].S, windows[1].S

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        C, K = self.weight.shape
        few = n * H * W < FEW_CELLS
        if few:
            # Few cells and many channels: rows are too few to share out, so channels are.
            yield from strips(n, H, K, 0, parts=2 if K >= FEW_CELLS else 1)
        else:
            yield from strips(n, H, K, W * (C + K))

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        rows, columns = self.stride
        seen = x[strip.n0 : strip.n1, strip.r0 * rows : (strip.r1 - 1) * rows + 1 : rows, ::columns]
        n, H, W, _ = seen.shape
        cells, calls = evenly(seen, scratch)
        weight = self.weight[:, strip.k0 : strip.k1]
        y = scratch.take(len(cells), strip.k1 - strip.k0)
        calls.append(multiply(cells, weight, y))
        calls += add_bias(y.reshape(n * H, -1), strip.own(self.bias))
        return StripResult(calls, [(y.reshape(n, H, W, -1), ())])
