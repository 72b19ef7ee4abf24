"""Direct convolution over a strip: no window is copied, bias, residual and clamp in the same pass.

A strip's cells are numbered through, over the ends of rows and images, so that tiles are full however narrow the image
is. Filters lie in panels as wide as a tile, in the order in which they are read; a panel's part that stays in the
second-level cache meets all cells of the strip before the next part.
Cost: that of `product_tile`, and three numbers a cell.
"""

from __future__ import annotations

from typing import Any

from .memory import Kernel, fields, micro_kernel, put
from .product_tile import COUNT, emit
from .tables import CONVOLUTION_FIELDS
from .vectors import Vectors

NO_LIMITS = 8
"""Bytes from limits to those that are none."""


def convolve(vectors: Vectors) -> Kernel:
    """The kernel for tiles of a processor's vectors."""
    lanes, panel, widest = vectors.lanes, vectors.panel, vectors.columns
    of = fields(CONVOLUTION_FIELDS)

    def tiles(columns: int) -> tuple[int, Any]:
        most = vectors.rows(columns)
        return most, micro_kernel(lambda module, rows: emit(module, vectors, rows, columns), range(1, most + 1), COUNT)

    # Wider tiles than those that there are are never asked for.
    (most1, tile1), (most2, tile2), (most3, tile3), (most4, tile4) = (tiles(min(i, widest)) for i in range(1, 5))

    def kernel(p: int) -> None:
        images, rows, columns = of(p, "images"), of(p, "rows"), of(p, "columns")
        cells = images * rows * columns
        windows = of(p, "table")
        places, plus_places = windows + 8 * cells, windows + 16 * cells
        channels, tap_count, depth = of(p, "channels"), of(p, "tap_count"), of(p, "depth")
        filters, plus, limits = of(p, "filters"), of(p, "plus"), of(p, "limits")
        # Steps are read beforehand: what is written to the table might change them, for all that the compiler knows.
        x_column, out_column, plus_column = of(p, "x_column"), of(p, "out_column"), of(p, "plus_column")
        i = 0
        for n in range(images):
            for r in range(rows):
                x_row = n * of(p, "x_image") + r * of(p, "x_row")
                out_row = n * of(p, "out_image") + r * of(p, "out_row")
                plus_row = n * of(p, "plus_image") + r * of(p, "plus_row")
                for q in range(columns):
                    put(windows, i + q, x_row + q * x_column)
                    put(places, i + q, out_row + q * out_column)
                if plus != 0:
                    for q in range(columns):
                        put(plus_places, i + q, plus_row + q * plus_column)
                i += columns
        for first in range(0, channels, panel):
            width = min(panel, channels - first)
            wide = (width + lanes - 1) // lanes
            valid = width - (wide - 1) * lanes
            most = most1 if wide == 1 else most2 if wide == 2 else most3 if wide == 3 else most4
            count = (cells + most - 1) // most
            t = 0
            while t < tap_count:
                taps = min(of(p, "tap_block"), tap_count - t)
                d = 0
                while d < depth:
                    values = min(of(p, "depth_block"), depth - d)
                    is_last = t + taps == tap_count and d + values == depth
                    start = of(p, "bias") + first * 4 if t == 0 and d == 0 else 0
                    other = plus + first * 4 if is_last and plus != 0 else 0
                    bounds = limits if is_last else limits + NO_LIMITS
                    c = 0
                    for j in range(count):
                        size = (cells - c + count - j - 1) // (count - j)  # all about the same: none is too small
                        given = (
                            of(p, "x") + 4 * d, windows + 8 * c, of(p, "taps") + 8 * t, taps, values, filters, start,
                            of(p, "out") + first * 4, places + 8 * c, other, plus_places + 8 * c, bounds, valid,
                        )  # fmt: skip
                        if wide == 1:
                            tile1(size, given)
                        elif wide == 2:
                            tile2(size, given)
                        elif wide == 3:
                            tile3(size, given)
                        else:
                            tile4(size, given)
                        c += size
                    filters += taps * values * wide * lanes * 4
                    d += values
                t += taps

    return kernel
