"""Direct convolution with so few filters that a vector holds all their sums of a cell, row by row of a strip.

Cells of rows, or of images, that go on where others end are one row, so that tiles are full. All taps meet a tile at
once: few filters stay in a cache whatever their depth is.
Cost: that of `narrow_tile`.
"""

from __future__ import annotations

from .memory import Kernel, fields, micro_kernel
from .narrow_tile import ARGUMENTS, emit
from .tables import CONVOLUTION_FIELDS
from .vectors import Vectors

MOST = 14
"""Cells of a tile."""


def convolve_narrow(vectors: Vectors) -> Kernel:
    """The kernel for narrow vectors of a processor."""
    narrow = vectors.narrow
    of = fields(CONVOLUTION_FIELDS)
    most = min(MOST, narrow.registers - 2)
    tile = micro_kernel(lambda module, size: emit(module, narrow, size), range(1, most + 1), len(ARGUMENTS))

    def kernel(p: int) -> None:
        images, rows, cells = of(p, "images"), of(p, "rows"), of(p, "columns")
        x_cell, out_cell, plus_cell, plus = of(p, "x_column"), of(p, "out_column"), of(p, "plus_column"), of(p, "plus")
        if (
            cells * x_cell == of(p, "x_row")
            and cells * out_cell == of(p, "out_row")
            and (plus == 0 or cells * plus_cell == of(p, "plus_row"))
        ):
            rows, cells = 1, rows * cells
            if (
                cells * x_cell == of(p, "x_image")
                and cells * out_cell == of(p, "out_image")
                and (plus == 0 or cells * plus_cell == of(p, "plus_image"))
            ):
                images, cells = 1, images * cells
        count = (cells + most - 1) // most
        for n in range(images):
            for r in range(rows):
                x = of(p, "x") + n * of(p, "x_image") + r * of(p, "x_row")
                out = of(p, "out") + n * of(p, "out_image") + r * of(p, "out_row")
                other = plus + n * of(p, "plus_image") + r * of(p, "plus_row") if plus != 0 else 0
                c = 0
                for j in range(count):
                    size = (cells - c + count - j - 1) // (count - j)  # all about the same: none is too small
                    tile(
                        size,
                        (
                            x + c * x_cell, x_cell, of(p, "taps"), of(p, "tap_count"), of(p, "depth"),
                            of(p, "filters"), of(p, "bias"), out + c * out_cell, out_cell,
                            other + c * plus_cell if plus != 0 else 0, plus_cell, of(p, "limits"), of(p, "channels"),
                        ),
                    )  # fmt: skip
                    c += size

    return kernel
