"""Layers that keep channels apart, over a strip: depthwise convolution, pooling, scale and offset, a sum.

An output row is cut into runs of cells whose windows see the same taps; the cells at the edges, whose windows reach
past the image, are runs of their own. Which taps a row or a run sees stands in tables.
Cost: that of `window_tile`.
"""

from __future__ import annotations

from . import window_tile
from .memory import Kernel, fields, micro_kernel, number
from .vectors import Vectors
from .window_tile import ANY, COUNT, Combine, Taps, emit

FIELDS = (
    "x", "out", "plus", "weights", "start", "limits", "shares", "row_table", "run_table",
    "images", "first_row", "rows", "runs",
    "x_image", "x_column", "out_image", "out_row", "out_column", "plus_image", "plus_row", "plus_column",
    "tap_row", "tap_column", "weight_tap", "share_row", "channels",
)  # fmt: skip
"""Addresses, sizes, steps in bytes. For each row of the output, from the image's first on, `row_table` has the bytes
from x to the first tap that its windows see, and how many rows of taps; `run_table` for each run its first cell, how
many cells, bytes to the first tap, columns of taps. `shares` has a float32 for each cell of an image, or is 0."""


def depthwise(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.multiply_add)


def depthwise_3(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.multiply_add, (3, 1))


def depthwise_3_2(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.multiply_add, (3, 2))


def depthwise_5(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.multiply_add, (5, 1))


def depthwise_5_2(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.multiply_add, (5, 2))


def total(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.add)


def energy(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.add_square)


def largest(vectors: Vectors) -> Kernel:
    return windows(vectors, window_tile.largest)


def windows(vectors: Vectors, combine: Combine, taps: Taps = ANY) -> Kernel:
    """The kernel that takes taps together in one way."""
    lanes, wide = vectors.lanes, 2 * vectors.lanes
    of = fields(FIELDS)
    sizes = range(1, vectors.cells + 1)
    two = micro_kernel(lambda module, size: emit(module, vectors, combine, size, 2, False, taps), sizes, COUNT)
    one = micro_kernel(lambda module, size: emit(module, vectors, combine, size, 1, False, taps), sizes, COUNT)
    part = micro_kernel(lambda module, size: emit(module, vectors, combine, size, 1, True, taps), sizes, COUNT)

    def kernel(p: int) -> None:
        channels, shares = of(p, "channels"), of(p, "shares")
        for n in range(of(p, "images")):
            for i in range(of(p, "rows")):
                r = of(p, "first_row") + i
                x_row = of(p, "x") + n * of(p, "x_image") + number(of(p, "row_table"), 2 * r)
                tap_rows = number(of(p, "row_table"), 2 * r + 1)
                out_row = of(p, "out") + n * of(p, "out_image") + i * of(p, "out_row")
                plus_row = of(p, "plus") + n * of(p, "plus_image") + i * of(p, "plus_row")
                for j in range(of(p, "runs")):
                    run = of(p, "run_table") + 32 * j
                    q, size = number(run, 0), number(run, 1)
                    x, tap_columns = x_row + number(run, 2), number(run, 3)
                    share = shares + r * of(p, "share_row") + 4 * q if shares != 0 else 0
                    out = out_row + q * of(p, "out_column")
                    plus = plus_row + q * of(p, "plus_column")
                    c = 0
                    while c < channels:
                        left = channels - c
                        given = (
                            x + 4 * c, of(p, "x_column"), tap_rows, tap_columns, of(p, "tap_row"), of(p, "tap_column"),
                            of(p, "weights") + 4 * c, of(p, "weight_tap"), of(p, "start") + 4 * c, share,
                            out + 4 * c, of(p, "out_column"), plus + 4 * c if of(p, "plus") != 0 else 0,
                            of(p, "plus_column"), of(p, "limits"), left,
                        )  # fmt: skip
                        if left >= wide:
                            two(size, given)
                            c += wide
                        elif left >= lanes:
                            one(size, given)
                            c += lanes
                        else:
                            part(size, given)
                            c += lanes

    return kernel
