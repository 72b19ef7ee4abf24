"""Images whose channels lie one behind the other, brought to where the channels of a cell are neighbours.

A vector of each channel is loaded, and their values are put between each other by shuffles. At the end of a row the
last vectors of its cells are taken, some of which are there already.
Cost: for L cells of C channels C loads and stores, and C*C shuffles, where C is at most 4; else a load and a store for
each value.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from .emitter import FLOAT, I32, begin
from .memory import Kernel, copy_value, fields, micro_kernel, number
from .vectors import Vectors

ARGUMENTS = ("x", "x_channel", "out")
FIELDS = (
    "source", "begin", "out", "images", "rows", "columns", "channels",
    "x_image", "x_channel", "x_row", "out_image", "out_row", "out_column",
)  # fmt: skip
"""Where the address of the images stands, and how many bytes behind it the first value is; an address; sizes; steps in
bytes."""
MOST = 4
"""Channels that are put between each other by shuffles."""


def emit(module: Any, vectors: Vectors, channels: int) -> Any:
    """The function of a vector of cells, put into an LLVM module once."""
    lanes = vectors.lanes
    e, a = begin(module, f"interleaving_{lanes}_{channels}", ARGUMENTS, lanes)
    planes = [e.load(e.builder.add(a["x"], e.builder.mul(a["x_channel"], e.number(c)))) for c in range(channels)]
    for k in range(channels):
        cells = planes[0]
        places = [divmod(k * lanes + lane, channels) for lane in range(lanes)]
        for c in range(channels):
            # Lanes of another channel stay as they are.
            chosen = [lanes + cell if channel == c else lane for lane, (cell, channel) in enumerate(places)]
            cells = e.builder.shuffle_vector(cells, planes[c], ir.Constant(ir.VectorType(I32, lanes), chosen))
        e.store(cells, e.at(a["out"], k * lanes, FLOAT))
    e.builder.ret_void()
    return e.function


def interleave(vectors: Vectors) -> Kernel:
    """Row by row."""
    lanes = vectors.lanes
    of = fields(FIELDS)
    tile = micro_kernel(lambda module, channels: emit(module, vectors, channels), range(1, MOST + 1), len(ARGUMENTS))

    def kernel(p: int) -> None:
        columns, channels, x_channel, out_column = (
            of(p, "columns"),
            of(p, "channels"),
            of(p, "x_channel"),
            of(p, "out_column"),
        )
        by_tiles = channels <= MOST and out_column == FLOAT * channels and columns >= lanes
        for n in range(of(p, "images")):
            for r in range(of(p, "rows")):
                x = number(of(p, "source"), 0) + of(p, "begin") + n * of(p, "x_image") + r * of(p, "x_row")
                out = of(p, "out") + n * of(p, "out_image") + r * of(p, "out_row")
                if by_tiles:
                    for first in range(0, columns, lanes):
                        q = min(first, columns - lanes)
                        tile(channels, (x + FLOAT * q, x_channel, out + q * out_column))
                else:
                    for c in range(channels):
                        for q in range(columns):
                            copy_value(x + c * x_channel + FLOAT * q, out + q * out_column + FLOAT * c)

    return kernel
