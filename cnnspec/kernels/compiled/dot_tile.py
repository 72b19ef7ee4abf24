"""The micro-kernel of fully connected layers: one input by a few neurons, whose weights are read as they are stored.

Cost: that of reading the weights; each is used for one multiply-accumulate.
"""

from __future__ import annotations

from typing import Any

from .emitter import F32, FLOAT, begin
from .vectors import Vectors

ARGUMENTS = ("x", "weights", "neuron", "vectors", "rest", "bias", "plus", "out", "limits")
"""Addresses; bytes from a neuron's weights to the next one's; whole vectors of an input, and the values of its last
part, perhaps none; `plus`: of what is added, 0 for none."""
COUNT = len(ARGUMENTS)
NEURONS = 4


def emit(module: Any, vectors: Vectors, size: int) -> Any:
    """The function of a tile of `size` neurons, put into an LLVM module once."""
    name = f"dot_tile_{vectors.lanes}_{size}"
    if name in module.globals:
        return module.globals[name]
    e, a = begin(module, name, ARGUMENTS, vectors.lanes)
    b = e.builder
    rows = [b.add(a["weights"], b.mul(a["neuron"], e.number(k))) for k in range(size)]
    mask = e.mask(a["rest"])
    nothing = [e.zeros()] * size

    def by_vectors() -> list[Any]:
        with e.loop(a["vectors"], nothing) as (i, sums):
            along = b.mul(i, e.number(vectors.lanes * FLOAT))
            x = e.load(b.add(a["x"], along))
            for k in range(size):
                sums[k] = e.multiply_add(e.load(b.add(rows[k], along)), x, sums[k])
        return sums

    sums = e.choose(b.icmp_signed(">", a["vectors"], e.number(0)), by_vectors, lambda: nothing)
    behind = b.mul(a["vectors"], e.number(vectors.lanes * FLOAT))

    def by_rest() -> list[Any]:
        x = e.load_part(b.add(a["x"], behind), mask)
        return [e.multiply_add(e.load_part(b.add(rows[k], behind), mask), x, sums[k]) for k in range(size)]

    sums = e.choose(b.icmp_signed(">", a["rest"], e.number(0)), by_rest, lambda: sums)
    totals = [b.fadd(e.total(sums[k]), e.load_value(e.at(a["bias"], k, FLOAT))) for k in range(size)]
    has_plus = b.icmp_signed("!=", a["plus"], e.number(0))
    totals = e.choose(
        has_plus,
        lambda: [b.fadd(totals[k], e.load_value(e.at(a["plus"], k, FLOAT))) for k in range(size)],
        lambda: totals,
    )
    low, high = e.load_value(a["limits"]), e.load_value(e.at(a["limits"], 1, FLOAT))
    for k in range(size):
        b.store(e.clamp(totals[k], low, high), b.inttoptr(e.at(a["out"], k, FLOAT), F32.as_pointer()))
    b.ret_void()
    return e.function
