"""Images of another size: each cell a mixture of a few rows and columns of the other image.

Which rows an output row is mixed from, and how much of each, stands in a table, and so for columns. A cell takes those
and no others: what is infinite, or no number, does not spread. No row is mixed beforehand, so nothing is kept between.
Cost: a load and a multiply-accumulate for each cell that is mixed in, and some nanoseconds a cell to begin.
"""

from __future__ import annotations

from typing import Any

from .emitter import FLOAT, begin
from .memory import Kernel, fields, micro_kernel, number
from .values_tile import along_run
from .vectors import Vectors

FIELDS = (
    "x", "out", "row_table", "column_table", "images", "first_row", "rows", "columns", "channels",
    "x_image", "out_image", "out_row", "out_column",
)  # fmt: skip
"""Addresses, sizes, steps in bytes. For each row of the output, and for each column, a table has four numbers: the
bytes to the first row that it is mixed from, those from one to the next, how many there are, and where their shares
are."""
ARGUMENTS = (
    "x", "row_step", "rows", "row_shares", "column_step", "columns", "column_shares", "out", "vectors", "rest",
)  # fmt: skip


def emit(module: Any, vectors: Vectors, which: int) -> Any:
    """The function of a cell, put into an LLVM module."""
    e, a = begin(module, f"resampled_{vectors.lanes}", ARGUMENTS, vectors.lanes)
    b = e.builder

    def mix(along: Any, load: Any, store: Any) -> None:
        x = b.add(a["x"], along)
        with e.loop(a["rows"], [e.zeros()]) as (i, total):
            row = b.add(x, b.mul(i, a["row_step"]))
            with e.loop(a["columns"], [e.zeros()]) as (j, sums):
                value = load(b.add(row, b.mul(j, a["column_step"])))
                sums[0] = e.multiply_add(value, e.repeat(e.at(a["column_shares"], j, FLOAT)), sums[0])
            total[0] = e.multiply_add(sums[0], e.repeat(e.at(a["row_shares"], i, FLOAT)), total[0])
        store(total[0], b.add(a["out"], along))

    along_run(e, a, mix)
    b.ret_void()
    return e.function


def resample(vectors: Vectors) -> Kernel:
    """All cells of a strip."""
    lanes = vectors.lanes
    of = fields(FIELDS)
    tile = micro_kernel(lambda module, which: emit(module, vectors, which), range(1), len(ARGUMENTS))

    def kernel(p: int) -> None:
        channels, columns = of(p, "channels"), of(p, "columns")
        for n in range(of(p, "images")):
            for i in range(of(p, "rows")):
                row = of(p, "row_table") + 32 * (of(p, "first_row") + i)
                x_row = of(p, "x") + n * of(p, "x_image") + number(row, 0)
                out_row = of(p, "out") + n * of(p, "out_image") + i * of(p, "out_row")
                for j in range(columns):
                    column = of(p, "column_table") + 32 * j
                    tile(
                        0,
                        (
                            x_row + number(column, 0), number(row, 1), number(row, 2), number(row, 3),
                            number(column, 1), number(column, 2), number(column, 3),
                            out_row + j * of(p, "out_column"), channels // lanes, channels % lanes,
                        ),
                    )  # fmt: skip

    return kernel
