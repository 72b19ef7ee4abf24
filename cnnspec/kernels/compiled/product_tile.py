"""The micro-kernel of convolutions: a tile of cells by channels of the output, which stays in registers.

Each step takes a row of packed filters, some vectors long, and one value of each cell, repeated; every accumulator
takes one product. Cells lie wherever a table of offsets says, and so do the taps of their windows: no window is copied.
Goto, van de Geijn: "Anatomy of High-Performance Matrix Multiplication", 2008; Dukhan: "The Indirect Convolution
Algorithm", 2019.
Cost: cells*channels*taps*depth multiply-accumulates at the speed of the registers, while filters come from the cache.
"""

from __future__ import annotations

from typing import Any

from .emitter import FLOAT, begin
from .vectors import Vectors

ARGUMENTS = (
    "x", "cells", "taps", "tap_count", "depth", "filters", "start", "out", "places", "plus", "plus_places", "limits",
    "valid",
)  # fmt: skip
"""Addresses of bytes, but for the counts. `cells`: offsets from `x` at which the cells' windows begin, `taps`: from
there; `places`: from `out`. `start`: of what is added to (a bias), 0 for what lies in `out`; `plus`: of a tensor that
is added, 0 for none; `limits`: of two float32; how many channels of the last vector are `valid`."""
COUNT = len(ARGUMENTS)


def emit(module: Any, vectors: Vectors, rows: int, columns: int) -> Any:
    """The function of a tile, put into an LLVM module once."""
    name = f"product_tile_{vectors.lanes}_{rows}x{columns}"
    if name in module.globals:
        return module.globals[name]
    e, a = begin(module, name, ARGUMENTS, vectors.lanes)
    width = vectors.lanes * FLOAT
    steps = range(columns)
    mask = e.mask(a["valid"])
    is_whole = e.builder.icmp_signed("==", a["valid"], e.number(vectors.lanes))

    def read(base: Any) -> list[Any]:
        """A row of the tile."""
        row = [e.load(e.at(base, j, width)) for j in steps[:-1]]
        last = e.at(base, columns - 1, width)
        return row + e.choose(is_whole, lambda: [e.load(last)], lambda: [e.load_part(last, mask)])

    def place(table: str, base: str, m: int) -> Any:
        return e.builder.add(a[base], e.load_number(e.at(a[table], m)))

    def started() -> list[Any]:
        return [e.load(e.at(a["start"], j, width)) for j in steps] * rows

    def partial_sums() -> list[Any]:
        return [value for m in range(rows) for value in read(place("places", "out", m))]

    has_start = e.builder.icmp_signed("!=", a["start"], e.number(0))
    sums = e.choose(has_start, started, partial_sums)
    windows = [place("cells", "x", m) for m in range(rows)]
    with e.loop(a["tap_count"], [*sums, a["filters"]]) as (t, outer):
        offset = e.load_number(e.at(a["taps"], t))
        seen = [e.builder.add(window, offset) for window in windows]
        with e.loop(a["depth"], outer) as (k, inner):
            filters = inner[-1]
            row = [e.load(e.at(filters, j, width)) for j in steps]
            for m in range(rows):
                value = e.repeat(e.at(seen[m], k, FLOAT))
                for j in steps:
                    inner[m * columns + j] = e.multiply_add(value, row[j], inner[m * columns + j])
            inner[-1] = e.at(filters, columns, width)
        outer[:] = inner
    sums = outer[:-1]

    def added() -> list[Any]:
        others = [value for m in range(rows) for value in read(place("plus_places", "plus", m))]
        return [e.builder.fadd(x, y) for x, y in zip(sums, others, strict=True)]

    sums = e.choose(e.builder.icmp_signed("!=", a["plus"], e.number(0)), added, lambda: sums)
    low, high = e.repeat(a["limits"]), e.repeat(e.at(a["limits"], 1, FLOAT))
    sums = [e.clamp(value, low, high) for value in sums]
    for m in range(rows):
        base = place("places", "out", m)
        for j in steps[:-1]:
            e.store(sums[m * columns + j], e.at(base, j, width))
        last, value = e.at(base, columns - 1, width), sums[m * columns + columns - 1]
        with e.builder.if_else(is_whole) as (whole, part):
            with whole:
                e.store(value, last)
            with part:
                e.store_part(value, last, mask)
    e.builder.ret_void()
    return e.function
