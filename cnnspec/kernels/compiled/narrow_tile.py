"""The micro-kernel of convolutions with few filters: neighbouring cells of a row by one vector of channels.

With one vector beside a cell's value each product wants an address of its own, and there are fewer registers for
addresses than cells. So cells lie evenly: `GROUP` of them share an address, from which the others are some steps away.
Cost: cells*taps*depth multiply-accumulates, each with a value from the first-level cache.
"""

from __future__ import annotations

from typing import Any

from .emitter import FLOAT, begin
from .vectors import Vectors

ARGUMENTS = (
    "x", "x_cell", "taps", "tap_count", "depth", "filters", "bias", "out", "out_cell", "plus", "plus_cell", "limits",
    "valid",
)  # fmt: skip
"""Addresses of the first cell's window, of taps (offsets from there), of a row of packed filters for each value of
each tap; steps in bytes from cell to cell; a tensor that is added, 0 for none; `limits` are two float32; how many
channels are `valid`."""
GROUP = 4


def emit(module: Any, vectors: Vectors, size: int) -> Any:
    """The function of a tile of `size` cells, put into an LLVM module."""
    e, a = begin(module, f"narrow_tile_{vectors.lanes}_{size}", ARGUMENTS, vectors.lanes)
    b, cells = e.builder, range(size)
    mask = e.mask(a["valid"])
    steps = [b.mul(a["x_cell"], e.number(i)) for i in range(GROUP)]
    groups = [b.mul(a["x_cell"], e.number(m)) for m in cells[::GROUP]]
    bias = e.load(a["bias"])
    with e.loop(a["tap_count"], [*[bias] * size, a["filters"]]) as (t, outer):
        first = b.add(a["x"], e.load_number(e.at(a["taps"], t)))
        with e.loop(a["depth"], [*outer, *(b.add(first, group) for group in groups)]) as (_, inner):
            filters, bases = inner[size], inner[size + 1 :]
            row = e.load(filters)
            for m in cells:
                value = e.repeat(b.add(bases[m // GROUP], steps[m % GROUP]))
                inner[m] = e.multiply_add(value, row, inner[m])
            inner[size:] = [e.at(filters, vectors.lanes, FLOAT), *(e.at(base, 1, FLOAT) for base in bases)]
        outer[:] = inner[: size + 1]
    sums = outer[:size]

    def added() -> list[Any]:
        places = [b.add(a["plus"], b.mul(a["plus_cell"], e.number(m))) for m in cells]
        return [b.fadd(total, e.load_part(place, mask)) for total, place in zip(sums, places, strict=True)]

    sums = e.choose(b.icmp_signed("!=", a["plus"], e.number(0)), added, lambda: sums)
    low, high = e.repeat(a["limits"]), e.repeat(e.at(a["limits"], 1, FLOAT))
    for m, total in enumerate(sums):
        e.store_part(e.clamp(total, low, high), b.add(a["out"], b.mul(a["out_cell"], e.number(m))), mask)
    b.ret_void()
    return e.function
