"""The micro-kernel of Winograd's F(4x4, 3x3) that makes a tile of the output, and the sums of all its transforms.

A vector of channels at a time. A transform is the same few sums along the columns and along the rows of a tile; its
numbers are those of `kernels/inference/winograd.py`.
Cost: for a tile of the output 36 loads and 16 stores of vectors, and about 150 sums.
"""

from __future__ import annotations

from typing import Any

from ..inference.winograd import FILTERINGS
from .emitter import FLOAT, Emitter, begin
from .layout import SIDE, STEP
from .vectors import Vectors

FROM = (
    "places", "place", "bias", "plus", "plus_row", "plus_column", "out", "out_row", "out_column", "rows", "columns",
    "limits", "valid",
)  # fmt: skip
"""Where the first place's value is, and bytes to the next place's; `plus` is 0 where nothing is added; so many `rows`
and `columns` of the tile lie on the output; `valid` lanes, where the vector is not whole."""


def emit_from(module: Any, vectors: Vectors, is_part: bool) -> Any:
    """The function that makes a tile of the output: with its bias, what is added to it, and within limits."""
    e, a = begin(module, f"winograd_from_{vectors.lanes}_{is_part:d}", FROM, vectors.lanes)
    b = e.builder
    mask = e.mask(a["valid"])
    products = [
        [e.load(b.add(a["places"], b.mul(a["place"], e.number(i * SIDE + j)))) for j in range(SIDE)]
        for i in range(SIDE)
    ]
    found = both_ways(e, FILTERINGS[STEP].output, products)
    bias, low, high = e.load(a["bias"]), e.repeat(a["limits"]), e.repeat(e.at(a["limits"], 1, FLOAT))
    has_plus = b.icmp_signed("!=", a["plus"], e.number(0))
    for i in range(STEP):
        for j in range(STEP):
            is_inside = b.and_(
                b.icmp_signed(">", a["rows"], e.number(i)), b.icmp_signed(">", a["columns"], e.number(j))
            )
            with b.if_then(is_inside):
                value = b.fadd(found[i][j], bias)

                def at(base: str, i: int = i, j: int = j) -> Any:
                    along = b.add(b.mul(a[f"{base}_row"], e.number(i)), b.mul(a[f"{base}_column"], e.number(j)))
                    return b.add(a[base], along)

                def added(value: Any = value, at: Any = at) -> list[Any]:
                    return [b.fadd(value, e.load_part(at("plus"), mask) if is_part else e.load(at("plus")))]

                def alone(value: Any = value) -> list[Any]:
                    return [value]

                [value] = e.choose(has_plus, added, alone)
                value = e.clamp(value, low, high)
                if is_part:
                    e.store_part(value, at("out"), mask)
                else:
                    e.store(value, at("out"))
    b.ret_void()
    return e.function


def both_ways(e: Emitter, matrix: Any, cells: list[list[Any]]) -> list[list[Any]]:
    """M x M' for the values x of a square."""
    across = [_sums(e, matrix, row) for row in cells]
    down = [_sums(e, matrix, [row[j] for row in across]) for j in range(len(matrix))]
    return [list(row) for row in zip(*down, strict=True)]


def _sums(e: Emitter, matrix: Any, values: list[Any]) -> list[Any]:
    """The matrix times the values."""
    return [_sum(e, [(float(f), v) for f, v in zip(row, values, strict=True) if f]) for row in matrix]


def _sum(e: Emitter, terms: list[tuple[float, Any]]) -> Any:
    """A sum of multiples: plain ones first, so that the others are added as they are multiplied."""
    (factor, total), *others = sorted(terms, key=lambda term: term[0] != 1)
    if factor != 1:
        total = e.builder.fmul(total, e.constant(factor))
    for factor, value in others:
        if factor in (1, -1):
            total = (e.builder.fadd if factor == 1 else e.builder.fsub)(total, value)
        else:
            total = e.multiply_add(value, e.constant(factor), total)
    return total
