"""Layer and RMS normalisation: values that lie in runs of neighbours, by their own mean and variance.

    y = (x - mean) / sqrt(var + eps) * weight + bias

A group is one run or several, by rows and columns. It is read three times, from the first-level cache if it is a cell's
channels: for the mean, for the variance of what is left without the mean (the mean of squares less the square of the
mean would cancel), for the result. Sums are taken row by row, then over the rows: fewer digits are lost.
Cost: that of three passes, and some tens of cycles a group for its root.
Ba, Kiros, Hinton: "Layer Normalization", 2016; Zhang, Sennrich: "Root Mean Square Layer Normalization", 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .emitter import FLOAT, begin
from .memory import Kernel, addresses, fields, micro_kernel
from .values_tile import along_run
from .vectors import Vectors

FIELDS = (
    "x", "out", "weight", "bias", "numbers", "which", "n", "a", "b", "rows", "columns", "values",
    "x_n", "x_a", "x_b", "x_row", "x_column", "out_n", "out_a", "out_b", "out_row", "out_column",
    "own_n", "own_a", "own_b", "own_row", "own_column",
)  # fmt: skip
"""Addresses; `numbers` are two float32, 1/size of a group and eps; `which` is 0 with a mean and 1 without. Groups along
three axes, and each one's rows, columns and values; steps in bytes, `own` for weight and bias both."""
ARGUMENTS = (
    "x", "x_row", "x_column", "out", "out_row", "out_column", "weight", "bias", "own_row", "own_column",
    "rows", "columns", "vectors", "rest", "numbers",
)  # fmt: skip


def emit(module: Any, vectors: Vectors, which: int) -> Any:
    """The function of a group, put into an LLVM module."""
    e, a = begin(module, f"run_norm_{vectors.lanes}_{which}", ARGUMENTS, vectors.lanes)
    b = e.builder
    row_total, total = b.alloca(e.vector), b.alloca(e.vector)
    share, eps = e.repeat(a["numbers"]), e.repeat(e.at(a["numbers"], 1, FLOAT))
    mask = e.mask(a["rest"])

    def at(name: str, row: Any, column: Any, base: str = "") -> Any:
        steps = base or name
        within = b.add(b.mul(a[f"{steps}_row"], row), b.mul(a[f"{steps}_column"], column))
        return b.add(a[name], within)

    def mean_of(value: Callable[[Any], Any]) -> Any:
        """Over all of the group, of a function of its values."""
        b.store(e.zeros(), total)
        with e.loop(a["rows"], []) as (row, _):
            b.store(e.zeros(), row_total)
            with e.loop(a["columns"], []) as (column, _):
                x = at("x", row, column)

                def add(along: Any, load: Any, store: Any) -> None:
                    found = value(load(b.add(x, along)))
                    found = found if load == e.load else b.select(mask, found, e.zeros())
                    b.store(b.fadd(b.load(row_total), found), row_total)

                along_run(e, a, add)
            b.store(b.fadd(b.load(total), b.load(row_total)), total)
        return b.fmul(e.spread(e.total(b.load(total))), share)

    mean = mean_of(lambda x: x) if which == 0 else e.zeros()

    def apart(x: Any) -> Any:
        return b.fsub(x, mean) if which == 0 else x

    variance = mean_of(lambda x: b.fmul(apart(x), apart(x)))
    inverse = b.fdiv(e.constant(1), e.unary("sqrt", b.fadd(variance, eps)))
    with e.loop(a["rows"], []) as (row, _), e.loop(a["columns"], []) as (column, _):
        x, out = at("x", row, column), at("out", row, column)
        weight, bias = at("weight", row, column, "own"), at("bias", row, column, "own")

        def write(along: Any, load: Any, store: Any) -> None:
            standard = b.fmul(apart(load(b.add(x, along))), inverse)
            y = e.multiply_add(standard, load(b.add(weight, along)), load(b.add(bias, along)))
            store(y, b.add(out, along))

        along_run(e, a, write)
    b.ret_void()
    return e.function


def run_norm(vectors: Vectors) -> Kernel:
    """All groups, one after the other."""
    lanes = vectors.lanes
    of, at = fields(FIELDS), addresses(FIELDS)
    tile = micro_kernel(lambda module, which: emit(module, vectors, which), range(2), len(ARGUMENTS))

    def kernel(p: int) -> None:
        values = of(p, "values")
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x, out = at(p, "x", i, j, k), at(p, "out", i, j, k)
                    own = i * of(p, "own_n") + j * of(p, "own_a") + k * of(p, "own_b")
                    tile(
                        of(p, "which"),
                        (
                            x, of(p, "x_row"), of(p, "x_column"), out, of(p, "out_row"), of(p, "out_column"),
                            of(p, "weight") + own, of(p, "bias") + own, of(p, "own_row"), of(p, "own_column"),
                            of(p, "rows"), of(p, "columns"), values // lanes, values % lanes, of(p, "numbers"),
                        ),
                    )  # fmt: skip

    return kernel
