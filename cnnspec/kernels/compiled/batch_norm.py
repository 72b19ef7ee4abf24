"""Batch normalisation's passes over cells (rows of C values): sums of each channel, and multiples of each channel.

Cells are taken `BLOCK` at a time, so that a block stays in the cache while all vectors of channels pass over it. A
block's sums are made in float32, cell by cell in `CHAINS` sums of their own, those of blocks in float64, in order.
Cost: that of reading the cells, and of writing what is made of them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from .emitter import begin
from .memory import Kernel, fields, micro_kernel
from .vectors import Vectors

BLOCK, CHAINS = 64, 4
ARGUMENTS = ("x", "y", "mean", "rounds", "cell", "first", "second", "valid")
SUM_FIELDS = ("x", "y", "mean", "first", "second", "cells", "channels")
"""Addresses of cells x and y, of the mean (C,), of sums (C,) in float64; sizes. One cell behind the other."""
MIX_FIELDS = ("x", "y", "by_x", "by_y", "plus", "out", "cells", "channels")
"""out = x*by_x + y*by_y + plus; y is 0 where there is none."""


def emit_sums(module: Any, vectors: Vectors, chains: int, is_part: bool, way: str) -> Any:
    """Adds to `first` the sums of x, or of its `squares` about the mean; or, for `moments`, those of y, and to `second`
    those of y times x about the mean: `rounds` times so many cells as it has chains."""
    e, a = begin(module, f"channel_{way}_{vectors.lanes}_{chains}_{is_part:d}", ARGUMENTS, vectors.lanes)
    b = e.builder
    mask = e.mask(a["valid"])
    doubles = ir.VectorType(ir.DoubleType(), vectors.lanes)

    def load(at: Any) -> Any:
        return e.load_part(at, mask) if is_part else e.load(at)

    mean = e.load(a["mean"])
    two = way == "moments"
    with e.loop(a["rounds"], [e.zeros()] * (chains * (1 + two)) + [e.number(0)]) as (_, sums):
        for i in range(chains):
            at = b.add(sums[-1], b.mul(a["cell"], e.number(i)))
            value = load(b.add(a["x"], at))
            if way == "totals":
                sums[i] = b.fadd(sums[i], value)
                continue
            apart = b.fsub(value, mean)
            if two:
                y = load(b.add(a["y"], at))
                sums[i] = b.fadd(sums[i], y)
                sums[chains + i] = e.multiply_add(y, apart, sums[chains + i])
            else:
                sums[i] = e.multiply_add(apart, apart, sums[i])
        sums[-1] = b.add(sums[-1], b.mul(a["cell"], e.number(chains)))
    for place, part in zip(("first", "second"), (sums[:chains], sums[chains:-1]), strict=True):
        if part:
            total = part[0]
            for other in part[1:]:
                total = b.fadd(total, other)
            pointer = b.inttoptr(a[place], doubles.as_pointer())
            before = b.load(pointer)
            before.align = 8
            b.store(b.fadd(before, b.fpext(total, doubles)), pointer).align = 8
    b.ret_void()
    return e.function


def emit_mix(module: Any, vectors: Vectors, is_part: bool, has_y: bool) -> Any:
    """Multiples of `rounds` cells."""
    names = ("x", "y", "by_x", "by_y", "plus", "out", "rounds", "cell", "valid")
    e, a = begin(module, f"channel_mix_{vectors.lanes}_{is_part:d}{has_y:d}", names, vectors.lanes)
    b = e.builder
    mask = e.mask(a["valid"])

    def load(at: Any) -> Any:
        return e.load_part(at, mask) if is_part else e.load(at)

    by_x, plus = load(a["by_x"]), load(a["plus"])
    by_y = load(a["by_y"]) if has_y else None
    with e.loop(a["rounds"], [e.number(0)]) as (_, places):
        at = places[0]
        value = e.multiply_add(load(b.add(a["x"], at)), by_x, plus)
        if has_y:
            value = e.multiply_add(load(b.add(a["y"], at)), by_y, value)
        if is_part:
            e.store_part(value, b.add(a["out"], at), mask)
        else:
            e.store(value, b.add(a["out"], at))
        places[0] = b.add(at, a["cell"])
    b.ret_void()
    return e.function


def _sums(vectors: Vectors, way: str) -> Kernel:
    """Sums have room for whole vectors of channels, and so has the mean."""
    lanes = vectors.lanes
    of = fields(SUM_FIELDS)

    def tiles(chains: int) -> Any:
        return micro_kernel(
            lambda module, is_part: emit_sums(module, vectors, chains, bool(is_part), way), range(2), len(ARGUMENTS)
        )

    many, one = tiles(CHAINS), tiles(1)

    def kernel(p: int) -> None:
        cells, channels = of(p, "cells"), of(p, "channels")
        step = 4 * channels
        for start in range(0, cells, BLOCK):
            count = min(BLOCK, cells - start)
            for c in range(0, channels, lanes):
                valid = min(lanes, channels - c)
                is_part = 1 if valid < lanes else 0
                at = start * step + 4 * c
                rounds = count // CHAINS
                first, second = of(p, "first") + 8 * c, of(p, "second") + 8 * c
                if rounds:
                    many(
                        is_part,
                        (of(p, "x") + at, of(p, "y") + at, of(p, "mean") + 4 * c, rounds, step, first, second, valid),
                    )
                if count % CHAINS:
                    at += rounds * CHAINS * step
                    one(
                        is_part,
                        (
                            of(p, "x") + at, of(p, "y") + at, of(p, "mean") + 4 * c, count % CHAINS, step,
                            first, second, valid,
                        ),
                    )  # fmt: skip

    return kernel


def totals(vectors: Vectors) -> Kernel:
    return _sums(vectors, "totals")


def squares(vectors: Vectors) -> Kernel:
    return _sums(vectors, "squares")


def moments(vectors: Vectors) -> Kernel:
    return _sums(vectors, "moments")


def mix(vectors: Vectors) -> Kernel:
    """Multiples of all cells."""
    lanes = vectors.lanes
    of = fields(MIX_FIELDS)
    tile = micro_kernel(lambda module, number: emit_mix(module, vectors, bool(number % 2), number > 1), range(4), 9)

    def kernel(p: int) -> None:
        cells, channels = of(p, "cells"), of(p, "channels")
        step, two = 4 * channels, 2 if of(p, "y") != 0 else 0
        for start in range(0, cells, BLOCK):
            for c in range(0, channels, lanes):
                valid = min(lanes, channels - c)
                at = start * step + 4 * c
                tile(
                    two + (1 if valid < lanes else 0),
                    (
                        of(p, "x") + at, of(p, "y") + at, of(p, "by_x") + 4 * c, of(p, "by_y") + 4 * c,
                        of(p, "plus") + 4 * c, of(p, "out") + at, min(BLOCK, cells - start), step, valid,
                    ),
                )  # fmt: skip

    return kernel
