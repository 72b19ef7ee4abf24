"""Values in another order: filters as the micro-kernels read them, and their gradients as the layers keep them.

What lies along rows comes to lie along columns, a square of vectors at a time: in each round vectors that are a power
of two apart swap halves of that size. Where rows and columns lie say tables.
Eklundh: "A Fast Computer Method for Matrix Transposing", 1972.
Cost: for a square of L vectors of L values 2*L loads and stores and L*log2(L) shuffles.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from .emitter import I32, Emitter, begin
from .memory import Kernel, fields, micro_kernel
from .tables import TRANSPOSE_FIELDS
from .vectors import Vectors

ARGUMENTS = ("x", "out", "row_table", "column_table", "rows", "columns")


def emit(module: Any, vectors: Vectors, is_part: bool) -> Any:
    """The function of a square, of which some `rows` and `columns` may be missing."""
    e, a = begin(module, f"transposition_{vectors.lanes}_{is_part:d}", ARGUMENTS, vectors.lanes)
    b = e.builder
    along, across = e.mask(a["columns"]), e.mask(a["rows"])
    last = b.sub(a["rows"], e.number(1))
    square = []
    for i in range(vectors.lanes):
        # Behind the last row that one is read again.
        row = b.select(b.icmp_signed("<", e.number(i), last), e.number(i), last) if is_part else i
        at = b.add(a["x"], e.load_number(e.at(a["row_table"], row)))
        square.append(e.load_part(at, along) if is_part else e.load(at))
    for j, column in enumerate(_transposed(e, square)):
        if is_part:
            with b.if_then(b.icmp_signed("<", e.number(j), a["columns"])):
                e.store_part(column, b.add(a["out"], e.load_number(e.at(a["column_table"], j))), across)
        else:
            e.store(column, b.add(a["out"], e.load_number(e.at(a["column_table"], j))))
    b.ret_void()
    return e.function


def _transposed(e: Emitter, square: list[Any]) -> list[Any]:
    lanes = e.lanes
    kind = ir.VectorType(I32, lanes)
    half = 1
    while half < lanes:
        low = ir.Constant(kind, [lanes + k - half if k & half else k for k in range(lanes)])
        high = ir.Constant(kind, [lanes + k if k & half else k + half for k in range(lanes)])
        for i in range(lanes):
            if not i & half:
                pair = square[i], square[i + half]
                square[i] = e.builder.shuffle_vector(*pair, low)
                square[i + half] = e.builder.shuffle_vector(*pair, high)
        half *= 2
    return square


def transpose(vectors: Vectors) -> Kernel:
    """Squares of values."""
    lanes = vectors.lanes
    of = fields(TRANSPOSE_FIELDS)
    square = micro_kernel(lambda module, is_part: emit(module, vectors, bool(is_part)), range(2), len(ARGUMENTS))

    def kernel(p: int) -> None:
        all_rows, all_columns = of(p, "rows"), of(p, "columns")
        for d in range(of(p, "depth")):
            x, out = of(p, "x") + d * of(p, "x_depth"), of(p, "out") + d * of(p, "out_depth")
            for j in range(0, all_columns, lanes):
                columns = min(lanes, all_columns - j)
                for i in range(0, all_rows, lanes):
                    rows = min(lanes, all_rows - i)
                    square(
                        1 if rows < lanes or columns < lanes else 0,
                        (
                            x + 4 * j, out + 4 * i, of(p, "row_table") + 8 * i, of(p, "column_table") + 8 * j,
                            rows, columns,
                        ),
                    )  # fmt: skip

    return kernel
