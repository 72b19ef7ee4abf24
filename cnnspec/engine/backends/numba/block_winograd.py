"""Winograd's F(4x4, 3x3) with large filters: they are kept as they are, and go to the places in the run, a block at a
time, by `kernels/compiled/place_products.py`."""

from __future__ import annotations

from collections.abc import Iterator

from ....graph.array import Array
from ....graph.window import tiles
from ....kernels.compiled.layout import STEP, WITHIN
from ....kernels.compiled.packing import packed
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Scratch, Strip
from ...schedule import WorkItem
from .costs import TOGETHER
from .kernel_selection import ITEMS
from .native import NativeCall, function
from .winograd import PLACES, Winograd, at_places

BLOCK = 144 * 1024
"""float32 values of a block of filters at all places: they stay in the second-level cache."""


class BlockWinograd(Winograd):
    """For each strip all filters go to the places, so strips have many tiles; threads share the channels."""

    def arranged(self, weight: Array, vectors: Vectors) -> list[Array]:
        return [packed(weight, vectors)]

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        down, panel = tiles(H, STEP), self.vectors.panel
        rows = max(1, TOGETHER // tiles(W, STEP))
        images = max(1, min(rows // down, n))
        is_one = n == 1 and -(-self.K // panel) == 1
        count = max(-(-down // rows), min(2, down) if is_one else 1)
        cells = -(-down // count) * STEP
        bands = max(1, -(-n // images) * count)
        wide = -(-self.K // (-(-ITEMS // bands) * panel)) * panel
        for i in range(0, n, images):
            for r in range(0, H, cells):
                for k in range(0, self.K, wide):
                    yield Strip(i, min(i + images, n), r, min(r + cells, H), k, min(k + wide, self.K))

    def products(self, before: Array, after: Array, strip: Strip, scratch: Scratch) -> WorkItem:
        [filters] = self.filters
        panel = self.vectors.panel
        most = max(1, BLOCK // (PLACES * panel))
        block = -(-self.C // -(-self.C // most))
        room = at_places(scratch, block, panel)
        # What changes from block to block is filled in by the kernel.
        square = (0, room.ctypes.data, 1, 1, *(0,) * 7, room.strides[0], 0, *WITHIN)
        brought = NativeCall(function("filters_to_places", self.vectors), square, room)
        product = self.multiply(before[0], after[0], room, 0, 0, self.cells(before, scratch))
        fields = (
            *(*brought.pair, *product.pair),
            filters.ctypes.data + 4 * strip.k0 * 9 * self.C,
            *(array.ctypes.data for array in (self.nothing, before, after, room)),
            *(array.strides[0] for array in (before, after, room)),
            *(self.C, block, strip.k1 - strip.k0),
        )
        call = NativeCall(function("place_products", self.vectors), fields, brought, product, filters, before, after)
        return [call]
