"""Layers that take each value for itself, two branches value by value, or a cell's values together.

Values lie in runs of neighbours, by up to three axes. Cost: that of `values_tile`.
"""

from __future__ import annotations

from .layout import FUNCTIONS, JOINS, SLOPES
from .memory import Kernel, addresses, fields, micro_kernel
from .tables import TWO_FIELDS
from .values_tile import ONE, SHARES, SLOPE, TWO, emit_one, emit_shares, emit_slope, emit_two
from .vectors import Vectors

ONE_FIELDS = (
    "x", "out", "function", "parameters", "n", "a", "b", "values", "x_n", "x_a", "x_b", "out_n", "out_a", "out_b",
)  # fmt: skip
"""Addresses; the function's number, and where its parameters are; three sizes and the length of a run; steps in
bytes."""
SLOPE_FIELDS = ("dy", "y", "out", "function", "parameters", "values")
"""Addresses, among them one of a function's parameters; its number; so many values side by side."""


def apply(vectors: Vectors) -> Kernel:
    """A function of each value."""
    lanes = vectors.lanes
    of, at = fields(ONE_FIELDS), addresses(ONE_FIELDS)
    tile = micro_kernel(lambda module, which: emit_one(module, vectors, which), range(len(FUNCTIONS)), len(ONE))

    def kernel(p: int) -> None:
        values = of(p, "values")
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x, out = at(p, "x", i, j, k), at(p, "out", i, j, k)
                    tile(of(p, "function"), (x, out, values // lanes, values % lanes, of(p, "parameters")))

    return kernel


def join(vectors: Vectors) -> Kernel:
    """A function of two values each."""
    lanes = vectors.lanes
    of, at = fields(TWO_FIELDS), addresses(TWO_FIELDS)
    tile = micro_kernel(lambda module, which: emit_two(module, vectors, which), range(2 * len(JOINS)), len(TWO))

    def kernel(p: int) -> None:
        values = of(p, "values")
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x = at(p, "x", i, j, k)
                    y = at(p, "y", i, j, k)
                    out = at(p, "out", i, j, k)
                    tile(of(p, "function"), (x, y, out, values // lanes, values % lanes))

    return kernel


def slope(vectors: Vectors) -> Kernel:
    """A gradient times a function's derivative."""
    lanes = vectors.lanes
    of = fields(SLOPE_FIELDS)
    tile = micro_kernel(lambda module, which: emit_slope(module, vectors, which), range(len(SLOPES)), len(SLOPE))

    def kernel(p: int) -> None:
        values = of(p, "values")
        given = (of(p, "dy"), of(p, "y"), of(p, "out"), values // lanes, values % lanes, of(p, "parameters"))
        tile(of(p, "function"), given)

    return kernel


def shares(vectors: Vectors) -> Kernel:
    """Softmax of each run, or its logarithm."""
    lanes = vectors.lanes
    of, at = fields(ONE_FIELDS), addresses(ONE_FIELDS)
    tile = micro_kernel(lambda module, which: emit_shares(module, vectors, which), range(2), len(SHARES))

    def kernel(p: int) -> None:
        values = of(p, "values")
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x, out = at(p, "x", i, j, k), at(p, "out", i, j, k)
                    tile(of(p, "function"), (x, out, values // lanes, values % lanes))

    return kernel
