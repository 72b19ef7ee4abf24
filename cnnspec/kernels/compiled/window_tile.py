"""The micro-kernel of layers that keep channels apart: a tile of neighbouring cells by some vectors of channels.

Each tap of the windows is a vector of each cell, taken together with what is there already: multiplied with a filter's
and added (depthwise convolution, scale and offset), added (sums, means), its square added, or the larger of both. The
cells share each vector of filters, which is loaded once.
Cost: a load for each multiply-accumulate, from the first-level cache but for the first time; one for several of them
where the taps are known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .emitter import FLOAT, Emitter, begin
from .vectors import Vectors

ARGUMENTS = (
    "x", "x_column", "tap_rows", "tap_columns", "tap_row", "tap_column", "weights", "weight_tap", "start", "share",
    "out", "out_column", "plus", "plus_column", "limits", "valid",
)  # fmt: skip
"""Addresses of bytes, steps in bytes, counts of taps, of each at least one. `start`: of what sums begin with, a bias;
`share`: of the float32 by which they are multiplied at the end, 0 for none; `plus`: of what is added, 0 for none;
`valid`: lanes of a last vector that is not whole."""
COUNT = len(ARGUMENTS)
Combine = Callable[[Emitter, Any, Any, Any], Any]
"""What is there, a cell's vector, the filters'."""
Taps = tuple[int, int]
"""How many taps are beside each other, and cells from a window to the next."""
ANY: Taps = (0, 0)
"""As many as a table says."""


def multiply_add(e: Emitter, before: Any, x: Any, weight: Any) -> Any:
    return e.multiply_add(x, weight, before)


def add(e: Emitter, before: Any, x: Any, weight: Any) -> Any:
    return e.builder.fadd(before, x)


def add_square(e: Emitter, before: Any, x: Any, weight: Any) -> Any:
    return e.multiply_add(x, x, before)


def largest(e: Emitter, before: Any, x: Any, weight: Any) -> Any:
    """What is no number wins."""
    b = e.builder
    return b.select(b.or_(b.fcmp_ordered(">", x, before), b.fcmp_unordered("uno", x, x)), x, before)


def emit(
    module: Any, vectors: Vectors, combine: Combine, size: int, columns: int, is_part: bool, taps: Taps = ANY
) -> Any:
    """The function of a tile of `size` cells, put into an LLVM module once. Where it is known how many `taps` are
    beside each other, and how far windows are apart, a vector that several cells see is loaded once for all."""
    F, S = taps
    name = f"window_tile_{combine.__name__}_{vectors.lanes}_{size}x{columns}_{is_part:d}_{F}_{S}"
    if name in module.globals:
        return module.globals[name]
    e, a = begin(module, name, ARGUMENTS, vectors.lanes)
    b = e.builder
    width = vectors.lanes * FLOAT
    mask = e.mask(a["valid"])

    def load(at: Any) -> Any:
        return e.load_part(at, mask) if is_part else e.load(at)

    tile = [(m, j) for m in range(size) for j in range(columns)]
    has_weights = combine is multiply_add

    def neighbours(base: str, step: str) -> list[Any]:
        return [b.add(a[base], b.mul(a[step], e.number(m))) for m in range(size)]

    start = [e.load(e.at(a["start"], j, width)) for j in range(columns)]
    steps = [b.mul(a["x_column"], e.number(m)) for m in range(size)]
    values = [start[j] for _, j in tile]

    def weights_at(filters: Any) -> list[Any]:
        return [e.load(e.at(filters, j, width)) for j in range(columns)] if has_weights else [None] * columns

    def tap_by_tap(down: list[Any]) -> None:
        row = down[-2]
        with e.loop(a["tap_columns"], down) as (_, across):
            x, filters = across[-2:]
            weights = weights_at(filters)
            for i, (m, j) in enumerate(tile):
                across[i] = combine(e, across[i], load(e.at(b.add(x, steps[m]), j, width)), weights[j])
            across[-2:] = [b.add(x, a["tap_column"]), b.add(filters, a["weight_tap"])]
        down[:] = [*across[:-2], b.add(row, a["tap_row"]), across[-1]]

    def cell_by_cell(down: list[Any]) -> None:
        row, filters = down[-2:]
        ends = [b.add(filters, b.mul(a["weight_tap"], e.number(t))) for t in range(F + 1)]
        weights = [weights_at(end) for end in ends[:-1]]
        for cell in range((size - 1) * S + F):
            at = b.add(row, b.mul(a["tap_column"], e.number(cell)))
            seen = [load(e.at(at, j, width)) for j in range(columns)]
            for i, (m, j) in enumerate(tile):
                if 0 <= cell - m * S < F:
                    down[i] = combine(e, down[i], seen[j], weights[cell - m * S][j])
        down[-2:] = [b.add(row, a["tap_row"]), ends[-1]]

    with e.loop(a["tap_rows"], [*values, a["x"], a["weights"]]) as (_, down):
        (cell_by_cell if F else tap_by_tap)(down)
    values = down[:-2]
    has_share = b.icmp_signed("!=", a["share"], e.number(0))
    values = e.choose(has_share, lambda: [b.fmul(v, e.repeat(a["share"])) for v in values], lambda: values)
    others = neighbours("plus", "plus_column")
    values = e.choose(
        b.icmp_signed("!=", a["plus"], e.number(0)),
        lambda: [b.fadd(v, load(e.at(others[m], j, width))) for v, (m, j) in zip(values, tile, strict=True)],
        lambda: values,
    )
    low, high = e.repeat(a["limits"]), e.repeat(e.at(a["limits"], 1, FLOAT))
    places = neighbours("out", "out_column")
    for value, (m, j) in zip(values, tile, strict=True):
        at, clamped = e.at(places[m], j, width), e.clamp(value, low, high)
        if is_part:
            e.store_part(clamped, at, mask)
        else:
            e.store(clamped, at)
    b.ret_void()
    return e.function
