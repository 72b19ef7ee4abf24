"""Products at the places of Winograd's F(4x4, 3x3) with filters that are kept as they are: a block of them at a time
goes to the places, in the second-level cache, and is multiplied there.

At the places filters are four times as large: where they are many, fetching them from memory takes longer than making
them of what is fetched.
Cost: that of `transforms` for each filter, and that of the products by `convolution`, which from the second block of
channels on add to what is there.
"""

from __future__ import annotations

from .layout import SIDE
from .memory import Kernel, call, fields, put
from .tables import CONVOLUTION_FIELDS, PLACE_PRODUCTS_FIELDS, SQUARE_FIELDS
from .vectors import Vectors

PLACES = SIDE * SIDE
S_X, S_ACROSS, S_X_ACROSS, S_X_ROW, S_X_COLUMN, S_TILE, S_CHANNELS = (
    SQUARE_FIELDS.index(name) for name in ("x", "across", "x_across", "x_row", "x_column", "tile", "channels")
)
P_X, P_OUT, P_FILTERS, P_BIAS, P_DEPTH, P_DEPTH_BLOCK, P_CHANNELS = (
    CONVOLUTION_FIELDS.index(name) for name in ("x", "out", "filters", "bias", "depth", "depth_block", "channels")
)


def place_products(vectors: Vectors) -> Kernel:
    """The products of all places, panel by panel of filters."""
    lanes, panel = vectors.lanes, vectors.panel
    of = fields(PLACE_PRODUCTS_FIELDS)

    def kernel(p: int) -> None:
        square, square_table = of(p, "square"), of(p, "square_table")
        product, product_table = of(p, "product"), of(p, "product_table")
        channels, depth, block = of(p, "channels"), of(p, "depth"), of(p, "block")
        filters, room, room_place = of(p, "filters"), of(p, "room"), of(p, "room_place")
        before_place, after_place = of(p, "before_place"), of(p, "after_place")
        for first in range(0, channels, panel):
            width = min(panel, channels - first)
            whole = (width + lanes - 1) // lanes * lanes
            put(square_table, S_X_ACROSS, 4 * whole)
            put(square_table, S_X_ROW, 4 * 3 * depth * whole)
            put(square_table, S_X_COLUMN, 4 * depth * whole)
            put(square_table, S_TILE, 4 * whole)
            put(square_table, S_CHANNELS, whole)
            put(product_table, P_CHANNELS, width)
            d = 0
            while d < depth:
                values = min(block, depth - d)
                put(square_table, S_X, filters + 4 * d * whole)
                put(square_table, S_ACROSS, values)
                call(square, square_table)
                put(product_table, P_BIAS, 0 if d else of(p, "nothing"))
                put(product_table, P_DEPTH, values)
                put(product_table, P_DEPTH_BLOCK, values)
                before, after, transformed = of(p, "before") + 4 * d, of(p, "after") + 4 * first, room
                for _ in range(PLACES):
                    put(product_table, P_X, before)
                    put(product_table, P_OUT, after)
                    put(product_table, P_FILTERS, transformed)
                    call(product, product_table)
                    before += before_place
                    after += after_place
                    transformed += room_place
                d += values
            filters += 4 * 9 * depth * whole

    return kernel
