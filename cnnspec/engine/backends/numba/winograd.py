"""Winograd's F(4x4, 3x3) by compiled kernels: `kernels/compiled/transforms.py` and `winograd.py` around products
of `convolution.py`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....graph.array import Array
from ....graph.window import tiles
from ....kernels.compiled.layout import LINE, SIDE, STEP, WITHIN
from ....kernels.compiled.packing import packed, padded_bias
from ....kernels.compiled.vectors import Vectors
from ....kernels.inference.winograd import FILTERINGS, transformed
from ....kernels.strips import FilterBank, Scratch, Strip
from ...schedule import WorkItem
from .kernel import two_limits
from .kernel_selection import ITEMS
from .limits import NO_LIMITS, Limits
from .native import NativeCall, function

PLACES = SIDE * SIDE
ROOM = 160 * 1024
"""float32 values of a strip's tiles, before and after the products: they stay in the second-level cache."""


class Winograd:
    """Weight (K, C, 3, 3) at stride 1; x begins at the first padded cell and holds whole tiles."""

    def __init__(self, filters: FilterBank, limits: Limits, vectors: Vectors) -> None:
        weight, self.windows, bias, _ = filters
        self.K, self.C = weight.shape[:2]
        start = np.zeros(self.K, np.float32) if bias is None else bias
        self.filters = self.arranged(weight, vectors)
        self.bias = padded_bias(start, vectors)
        self.nothing = np.zeros_like(self.bias)
        self.limits, self.no_limits = two_limits(limits), two_limits(NO_LIMITS)
        self.vectors = vectors
        self.depth = vectors.whole(self.C)
        self.one_tap = np.zeros(1, np.int64)
        self.to, self.product, self.back = (
            function(name, vectors) for name in ("to_places", "convolution", "from_places")
        )

    def arranged(self, weight: Array, vectors: Vectors) -> list[Array]:
        """The filters as `products` wants them: here at all places."""
        by_place = transformed(weight, FILTERINGS[STEP].filter)
        return [packed(each.T[:, :, None, None], vectors) for each in by_place]

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        down = tiles(H, STEP)
        row = PLACES * tiles(W, STEP) * (self.depth + self.vectors.whole(self.K))
        rows = max(1, ROOM // row)
        images = max(1, min(rows // down, -(-n // ITEMS)))
        count = 1 if rows >= down and n > 1 else max(-(-down // rows), min(2, down) if n == 1 else 1)
        cells = -(-down // count) * STEP
        for i in range(0, n, images):
            for r in range(0, H, cells):
                yield Strip(i, min(i + images, n), r, min(r + cells, H), 0, self.K)

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        n, H, W, K = out.shape
        x = x[strip.n0 : strip.n1, strip.r0 - skipped :]
        down, across = tiles(H, STEP), tiles(W, STEP)
        T = n * down * across
        before, after = (at_places(scratch, T, values) for values in (self.depth, self.vectors.whole(K)))
        to = (
            *(x.ctypes.data, before.ctypes.data, n, down, across),
            *(x.strides[0], STEP * x.strides[1], STEP * x.strides[2], *x.strides[1:3]),
            *(before.strides[1], before.strides[0], self.C, *WITHIN),
        )
        back = (
            *(after.ctypes.data, out.ctypes.data, 0 if plus is None else plus.ctypes.data),
            *(self.bias.ctypes.data + 4 * strip.k0, self.limits.ctypes.data),
            *(n, H, W, after.strides[1], after.strides[0]),
            *out.strides[:3],
            *((0, 0, 0) if plus is None else plus.strides[:3]),
            K,
        )
        return [
            NativeCall(self.to, to, x, before),
            *self.products(before, after, strip, scratch),
            NativeCall(self.back, back, after, out, plus, self.bias, self.limits),
        ]

    def products(self, before: Array, after: Array, strip: Strip, scratch: Scratch) -> WorkItem:
        """The calls that multiply a strip's tiles (places, T, channels) with the filters."""
        table = self.cells(before, scratch)
        return [
            self.multiply(before[place], after[place], self.filters[place], self.C, self.K, table)
            for place in range(PLACES)
        ]

    def cells(self, before: Array, scratch: Scratch) -> Array:
        """Memory for where the products' cells lie."""
        return scratch.take(2 * 3 * before.shape[1])  # a whole number has the bytes of two values

    def multiply(self, before: Array, after: Array, filters: Array, C: int, K: int, table: Array) -> NativeCall:
        """The products of a place."""
        arrays = before, after, filters, self.nothing, self.no_limits, self.one_tap, table
        x, out, *others = (array.ctypes.data for array in arrays)
        steps = (0, 0, before.strides[0], 0, 0, after.strides[0], 0, 0, after.strides[0])
        fields = (x, out, 0, *others, 1, 1, len(before), *steps, 1, 1, C, C, K)
        return NativeCall(self.product, fields, *arrays)


def at_places(scratch: Scratch, count: int, values: int) -> Array:
    """Memory for (places, count, values). Places lie a cache line further apart than their values: what is written to
    all of them in turn else falls on few lines of the cache."""
    return scratch.take(PLACES, count * values + LINE // 4)[:, : count * values].reshape(PLACES, count, values)
