"""Max pooling in training: the largest value of each window with the number of its tap, and the way back to that tap.

What lies in a cell, channels or images, is passed over vector by vector. A row of the output is cut into runs of cells
whose windows see the same taps of the image. Of equal values the first in reading order is the largest; what is no
number wins, the last one.
Cost: for each value of the output its taps' loads, or their stores, and a byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .emitter import FLOAT, begin
from .memory import Kernel, fields, micro_kernel, number
from .tables import HIGHEST_FIELDS
from .vectors import Vectors

ARGUMENTS = (
    "x", "y", "which", "cells", "x_cell", "tap_rows", "tap_columns", "tap_row", "tap_column", "first", "taps_across",
    "vectors", "rest",
)  # fmt: skip
Access = Callable[[Any], Any]


def emit(module: Any, vectors: Vectors, way: str) -> Any:
    """The function of a run of cells: `forward`; `back`, where no windows overlap; `adding`, where they may."""
    e, a = begin(module, f"highest_{way}_{vectors.lanes}", ARGUMENTS, vectors.lanes)
    b = e.builder
    one, width = e.whole_numbers(1), e.number(vectors.lanes * FLOAT)
    mask, across = e.mask(a["rest"]), e.spread_number(a["taps_across"])
    first = e.spread_number(a["first"])
    values = b.add(b.mul(a["vectors"], e.number(vectors.lanes)), a["rest"])

    def vector(x: Any, y: Any, which: Any, load: Access, store: Callable[[Any, Any], None], is_part: bool) -> None:
        """A vector of a cell, by the addresses of its first tap, of the output and of the taps' numbers."""
        seen = mask if is_part else None
        begun = [e.constant(float("-inf")), first] if way == "forward" else []
        dy, tap = (None, None) if begun else (load(y), e.load_bytes(which, seen))
        with e.loop(a["tap_rows"], [*begun, x, first]) as (_, down):
            with e.loop(a["tap_columns"], down) as (_, along):
                *found, at, this = along
                if begun:
                    value = load(at)
                    wins = b.or_(b.fcmp_ordered(">", value, found[0]), b.fcmp_unordered("uno", value, value))
                    found = [b.select(wins, value, found[0]), b.select(wins, this, found[1])]
                else:
                    value = b.select(b.icmp_signed("==", tap, this), dy, e.zeros())
                    store(b.fadd(load(at), value) if way == "adding" else value, at)
                along[:] = [*found, b.add(at, a["tap_column"]), b.add(this, one)]
            down[:] = [*along[:-2], b.add(down[-2], a["tap_row"]), b.add(down[-1], across)]
        if begun:
            store(down[0], y)
            e.store_bytes(down[1], which, seen)

    with e.loop(a["cells"], [a["x"], a["y"], a["which"]]) as (_, places):
        x, y, which = places
        with b.if_then(b.icmp_signed(">", a["vectors"], e.number(0))), e.loop(a["vectors"], []) as (i, _):
            along = b.mul(i, width)
            lanes = b.mul(i, e.number(vectors.lanes))
            vector(b.add(x, along), b.add(y, along), b.add(which, lanes), e.load, e.store, is_part=False)
        with b.if_then(b.icmp_signed(">", a["rest"], e.number(0))):
            along, lanes = b.mul(a["vectors"], width), b.mul(a["vectors"], e.number(vectors.lanes))
            vector(
                b.add(x, along), b.add(y, along), b.add(which, lanes),
                lambda at: e.load_part(at, mask), lambda value, at: e.store_part(value, at, mask), is_part=True,
            )  # fmt: skip
        places[:] = [b.add(x, a["x_cell"]), b.add(y, b.mul(values, e.number(FLOAT))), b.add(which, values)]
    b.ret_void()
    return e.function


def _over_runs(vectors: Vectors, *ways: str) -> Kernel:
    lanes, last = vectors.lanes, len(ways) - 1
    of = fields(HIGHEST_FIELDS)
    run = micro_kernel(lambda module, way: emit(module, vectors, ways[way]), range(len(ways)), len(ARGUMENTS))

    def kernel(p: int) -> None:
        rows, columns, values = of(p, "rows"), of(p, "columns"), of(p, "values")
        for n in range(of(p, "planes")):
            for r in range(rows):
                row = of(p, "row_table") + 24 * r
                x_row = of(p, "x") + n * of(p, "x_plane") + number(row, 0)
                done = (n * rows + r) * columns
                for j in range(of(p, "runs")):
                    cells = of(p, "run_table") + 40 * j
                    place = (done + number(cells, 0)) * values
                    run(
                        min(of(p, "adds"), last),
                        (
                            x_row + number(cells, 2), of(p, "y") + 4 * place, of(p, "which") + place, number(cells, 1),
                            of(p, "x_cell"), number(row, 1), number(cells, 3), of(p, "tap_row"), of(p, "tap_column"),
                            number(row, 2) + number(cells, 4), of(p, "taps_across"), values // lanes, values % lanes,
                        ),
                    )  # fmt: skip

    return kernel


def highest(vectors: Vectors) -> Kernel:
    """The largest values and their taps."""
    return _over_runs(vectors, "forward")


def highest_back(vectors: Vectors) -> Kernel:
    """The way back, where windows may overlap too."""
    return _over_runs(vectors, "back", "adding")
