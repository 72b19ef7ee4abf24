"""The micro-kernel of gradients by filters: a tile of taps by channels of the output, which stays in registers.

Each step takes a cell of the output's gradient, some vectors long, and one value of the image for each tap, repeated;
every accumulator takes one product. Where channels are kept apart, a tap has a vector of the image in its place. Cells
are taken row by row; where the rows lie says a table, so no window is copied.
Goto, van de Geijn: "Anatomy of High-Performance Matrix Multiplication", 2008.
Cost: cells*taps*channels multiply-accumulates at the speed of the registers.
"""

from __future__ import annotations

from typing import Any

from .emitter import FLOAT, begin
from .tables import TAP
from .vectors import Vectors

ARGUMENTS = (
    "x", "taps", "y", "rows", "row_table", "cells", "x_cell", "y_cell", "out", "valid", "starts",
)  # fmt: skip
"""Addresses of bytes, but for the counts. `taps`: for each its offsets from `x` and from `out`; `row_table`: for each
row its offsets from `x` and from `y`; steps from cell to cell; how many channels of the last vector are `valid`;
whether sums start at 0, not at what `out` has."""
COUNT = len(ARGUMENTS)


def emit(module: Any, vectors: Vectors, size: int, columns: int, is_part: bool, is_apart: bool) -> Any:
    """The function of a tile of `size` taps, put into an LLVM module once."""
    name = f"gradient_tile_{vectors.lanes}_{size}x{columns}_{is_part:d}{is_apart:d}"
    if name in module.globals:
        return module.globals[name]
    e, a = begin(module, name, ARGUMENTS, vectors.lanes)
    b = e.builder
    width = vectors.lanes * FLOAT
    mask = e.mask(a["valid"])
    tile = [(m, j) for m in range(size) for j in range(columns)]

    def load(at: Any, j: int) -> Any:
        return e.load_part(at, mask) if is_part and j == columns - 1 else e.load(at)

    def store(value: Any, at: Any, j: int) -> None:
        if is_part and j == columns - 1:
            e.store_part(value, at, mask)
        else:
            e.store(value, at)

    taps = [e.at(a["taps"], m, TAP) for m in range(size)]
    seen = [b.add(a["x"], e.load_number(tap)) for tap in taps]
    sums = [b.add(a["out"], e.load_number(e.at(tap, 1))) for tap in taps]
    places = [(e.at(sums[m], j, width), j) for m, j in tile]
    starts = b.icmp_signed("!=", a["starts"], e.number(0))
    begun = e.choose(starts, lambda: [e.zeros() for _ in tile], lambda: [load(*place) for place in places])
    with e.loop(a["rows"], begun) as (r, down):
        row = e.at(a["row_table"], r, 16)
        first = e.load_number(row)
        windows = [b.add(base, first) for base in seen]
        with e.loop(a["cells"], [*down, e.number(0), b.add(a["y"], e.load_number(e.at(row, 1)))]) as (_, across):
            along, y = across[-2:]
            row_of_y = [load(e.at(y, j, width), j) for j in range(columns)]
            for m in range(size):
                at = b.add(windows[m], along)
                value = load(at, 0) if is_apart else e.repeat(at)
                for j in range(columns):
                    across[m * columns + j] = e.multiply_add(value, row_of_y[j], across[m * columns + j])
            across[-2:] = [b.add(along, a["x_cell"]), b.add(y, a["y_cell"])]
        down[:] = across[:-2]
    for value, place in zip(down, places, strict=True):
        store(value, *place)
    b.ret_void()
    return e.function
