"""Local response normalisation: each value is damped by the squares of its neighbours among the channels.

    y = x / (k + share * sum(v*v))**beta

The power is exp(-beta * log(...)). Channels that do not exist are not read: they are masked out.
Cost: a load for each neighbour, from the first-level cache but for the first one, and about forty instructions a vector
for the power.
Krizhevsky, Sutskever, Hinton: "ImageNet Classification with Deep Convolutional Neural Networks", 2012, section 3.3.
"""

from __future__ import annotations

from typing import Any

from .emitter import FLOAT, begin
from .functions import exp, log
from .memory import Kernel, addresses, fields, micro_kernel
from .vectors import Vectors

FIELDS = (
    "x", "out", "numbers", "before", "neighbours", "n", "a", "b", "values",
    "x_n", "x_a", "x_b", "out_n", "out_a", "out_b",
)  # fmt: skip
"""Addresses; `numbers` are three float32: share, k and -beta; how many neighbours lie before a value, and how many
there are with itself; cells along three axes and the channels of each, steps in bytes."""
ARGUMENTS = ("x", "out", "values", "numbers", "before", "neighbours")


def emit(module: Any, vectors: Vectors, which: int) -> Any:
    """The function of a cell, put into an LLVM module."""
    e, a = begin(module, f"channel_response_{vectors.lanes}", ARGUMENTS, vectors.lanes)
    b, lanes = e.builder, vectors.lanes
    share, k, power = (e.repeat(e.at(a["numbers"], i, FLOAT)) for i in range(3))
    count = b.sdiv(b.add(a["values"], e.number(lanes - 1)), e.number(lanes))
    with e.loop(count, []) as (i, _):
        first = b.mul(i, e.number(lanes))
        begins = b.sub(first, a["before"])
        with e.loop(a["neighbours"], [e.zeros()]) as (d, sums):
            c = b.add(begins, d)
            there = e.between(b.sub(e.number(0), c), b.sub(a["values"], c))
            value = e.load_part(e.at(a["x"], c, FLOAT), there)
            sums[0] = e.multiply_add(value, value, sums[0])
        damped = exp(e, b.fmul(log(e, e.multiply_add(sums[0], share, k)), power))
        mask = e.between(e.number(0), b.sub(a["values"], first))
        x = e.load_part(e.at(a["x"], first, FLOAT), mask)
        e.store_part(b.fmul(x, damped), e.at(a["out"], first, FLOAT), mask)
    b.ret_void()
    return e.function


def channel_response(vectors: Vectors) -> Kernel:
    """All cells."""
    of, at = fields(FIELDS), addresses(FIELDS)
    tile = micro_kernel(lambda module, which: emit(module, vectors, which), range(1), len(ARGUMENTS))

    def kernel(p: int) -> None:
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x, out = at(p, "x", i, j, k), at(p, "out", i, j, k)
                    tile(0, (x, out, of(p, "values"), of(p, "numbers"), of(p, "before"), of(p, "neighbours")))

    return kernel
