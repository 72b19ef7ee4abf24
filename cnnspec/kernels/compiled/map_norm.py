"""Group and instance normalisation: each group of maps by its own mean and variance.

    y = (x - mean) / sqrt(var + eps) * weight + bias

Channels are summed up side by side, in vectors, whatever the groups are; sums are then taken together within each
group. The image is read three times: for the mean, for the variance of what is left without it, for the result. Sums
are taken row by row, then over the rows: fewer digits are lost.
Cost: a load and an addition for each vector, twice, and three loads for the result; roots are one for each channel.
Wu, He: "Group Normalization", 2018; Ulyanov, Vedaldi, Lempitsky: "Instance Normalization", 2016.
"""

from __future__ import annotations

from typing import Any

from .emitter import FLOAT, begin
from .memory import Kernel, addresses, fields, micro_kernel
from .values_tile import along_run
from .vectors import Vectors

FIELDS = (
    "x", "mean", "factor", "weight", "numbers", "rows", "columns", "channels", "depth", "x_row", "x_column",
)  # fmt: skip
"""Addresses, `mean` and `factor` of what is found; `numbers` are two float32, 1/size of a group and eps; sizes,
channels of a group, steps in bytes."""
NORM_FIELDS = (
    "x", "out", "mean", "factor", "bias", "n", "a", "b", "values", "x_n", "x_a", "x_b", "out_n", "out_a", "out_b",
)  # fmt: skip
SUMS = ("x", "x_row", "x_column", "rows", "columns", "mean", "out", "valid")
SHARED = ("x", "vectors", "rest", "numbers")
FACTORS = ("factor", "weight", "vectors", "rest", "numbers")
NORM = ("x", "out", "mean", "factor", "bias", "vectors", "rest")
WIDE = 4
"""Vectors of channels that are summed up at once."""


def emit_sums(module: Any, vectors: Vectors, which: int) -> Any:
    """Sums over all cells of some vectors of channels: of their values, or of the squares of what is left without the
    mean; `WIDE` whole vectors, one, or a part of one."""
    has_mean, kind = bool(which % 2), which // 2
    wide, is_part = (WIDE, 1, 1)[kind], kind == 2
    e, a = begin(module, f"map_sums_{vectors.lanes}_{which}", SUMS, vectors.lanes)
    b = e.builder
    mask, width = e.mask(a["valid"]), vectors.lanes * FLOAT

    def load(base: Any, j: int) -> Any:
        at = e.at(base, j, width)
        return e.load_part(at, mask) if is_part else e.load(at)

    means = [load(a["mean"], j) for j in range(wide)] if has_mean else []
    with e.loop(a["rows"], [e.zeros()] * wide) as (row, totals):
        x_row = b.add(a["x"], b.mul(a["x_row"], row))
        with e.loop(a["columns"], [e.zeros()] * wide) as (column, sums):
            x = b.add(x_row, b.mul(a["x_column"], column))
            for j in range(wide):
                value = load(x, j)
                apart = b.fsub(value, means[j]) if has_mean else value
                sums[j] = e.multiply_add(apart, apart, sums[j]) if has_mean else b.fadd(sums[j], value)
        totals[:] = [b.fadd(total, found) for total, found in zip(totals, sums, strict=True)]
    for j in range(wide):
        at = e.at(a["out"], j, width)
        if is_part:
            e.store_part(totals[j], at, mask)
        else:
            e.store(totals[j], at)
    b.ret_void()
    return e.function


def emit_shared(module: Any, vectors: Vectors, is_alone: int) -> Any:
    """The mean of a run of sums in place of each of them; or, where each is alone, its own."""
    e, a = begin(module, f"map_shared_{vectors.lanes}_{is_alone}", SHARED, vectors.lanes)
    b = e.builder
    share, total, mask = e.repeat(a["numbers"]), b.alloca(e.vector), e.mask(a["rest"])
    b.store(e.zeros(), total)

    def add(along: Any, load: Any, store: Any) -> None:
        found = load(b.add(a["x"], along))
        found = found if load == e.load else b.select(mask, found, e.zeros())
        b.store(b.fadd(b.load(total), found), total)

    if not is_alone:
        along_run(e, a, add)
    mean = b.fmul(e.spread(e.total(b.load(total))), share)

    def put(along: Any, load: Any, store: Any) -> None:
        at = b.add(a["x"], along)
        store(b.fmul(load(at), share) if is_alone else mean, at)

    along_run(e, a, put)
    b.ret_void()
    return e.function


def emit_factors(module: Any, vectors: Vectors, which: int) -> Any:
    """Of each channel weight / sqrt(var + eps), in place of its variance."""
    e, a = begin(module, f"map_factors_{vectors.lanes}", FACTORS, vectors.lanes)
    b = e.builder
    eps = e.repeat(e.at(a["numbers"], 1, FLOAT))

    def divide(along: Any, load: Any, store: Any) -> None:
        at = b.add(a["factor"], along)
        inverse = b.fdiv(e.constant(1), e.unary("sqrt", b.fadd(load(at), eps)))
        store(b.fmul(inverse, load(b.add(a["weight"], along))), at)

    along_run(e, a, divide)
    b.ret_void()
    return e.function


def emit_norm(module: Any, vectors: Vectors, which: int) -> Any:
    """The channels of a cell."""
    e, a = begin(module, f"map_norm_{vectors.lanes}", NORM, vectors.lanes)
    b = e.builder

    def write(along: Any, load: Any, store: Any) -> None:
        x, mean, factor, bias = (load(b.add(a[name], along)) for name in ("x", "mean", "factor", "bias"))
        store(e.multiply_add(b.fsub(x, mean), factor, bias), b.add(a["out"], along))

    along_run(e, a, write)
    b.ret_void()
    return e.function


def map_statistics(vectors: Vectors) -> Kernel:
    """The statistics of some maps of one image."""
    lanes = vectors.lanes
    of = fields(FIELDS)
    sums = micro_kernel(lambda module, which: emit_sums(module, vectors, which), range(6), len(SUMS))
    shared = micro_kernel(lambda module, alone: emit_shared(module, vectors, alone), range(2), len(SHARED))
    factors = micro_kernel(lambda module, which: emit_factors(module, vectors, which), range(1), len(FACTORS))

    def kernel(p: int) -> None:
        channels, depth, numbers = of(p, "channels"), of(p, "depth"), of(p, "numbers")
        for has_mean in range(2):
            out = of(p, "factor") if has_mean == 1 else of(p, "mean")
            c = 0
            while c < channels:
                left = channels - c
                kind = 0 if left >= WIDE * lanes else 1 if left >= lanes else 2
                sums(
                    2 * kind + has_mean,
                    (
                        of(p, "x") + 4 * c, of(p, "x_row"), of(p, "x_column"), of(p, "rows"), of(p, "columns"),
                        of(p, "mean") + 4 * c, out + 4 * c, left,
                    ),
                )  # fmt: skip
                c += WIDE * lanes if kind == 0 else lanes
            width = channels if depth == 1 else depth
            c = 0
            while c < channels:  # a range whose step is no constant may raise, which needs more than plain code
                shared(1 if depth == 1 else 0, (out + 4 * c, width // lanes, width % lanes, numbers))
                c += width
        factors(0, (of(p, "factor"), of(p, "weight"), channels // lanes, channels % lanes, numbers))

    return kernel


def map_norm(vectors: Vectors) -> Kernel:
    """All cells."""
    lanes = vectors.lanes
    of, at = fields(NORM_FIELDS), addresses(NORM_FIELDS)
    tile = micro_kernel(lambda module, which: emit_norm(module, vectors, which), range(1), len(NORM))

    def kernel(p: int) -> None:
        values, mean, factor, bias = of(p, "values"), of(p, "mean"), of(p, "factor"), of(p, "bias")
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x, out = at(p, "x", i, j, k), at(p, "out", i, j, k)
                    tile(0, (x, out, mean, factor, bias, values // lanes, values % lanes))

    return kernel
