"""A step of weights along their gradient, in one pass over all that belongs to them; and the gradient's squares.

Squares are added up in float32 over pieces of a fixed size, so that the same sums are made by any number of threads.
Cost: that of `updates_tile`.
"""

from __future__ import annotations

from .layout import UPDATES
from .memory import Kernel, fields, micro_kernel
from .updates_tile import CHAINS, SQUARES, UPDATE, emit_squares, emit_update
from .vectors import Vectors

UPDATE_FIELDS = ("w", "g", "first", "second", "rule", "numbers", "values")
"""Addresses, and the rule's number; so many values side by side."""
SQUARES_FIELDS = ("g", "sums", "values", "piece", "begin", "end")
"""Addresses; values in all and in a piece; the first piece, and the one behind the last."""


def update(vectors: Vectors) -> Kernel:
    """A step of some weights."""
    lanes = vectors.lanes
    of = fields(UPDATE_FIELDS)
    tile = micro_kernel(lambda module, which: emit_update(module, vectors, which), range(2 * len(UPDATES)), len(UPDATE))

    def kernel(p: int) -> None:
        values = of(p, "values")
        numbers = (
            of(p, "w"), of(p, "g"), of(p, "first"), of(p, "second"), values // lanes, values % lanes, of(p, "numbers"),
        )  # fmt: skip
        tile(of(p, "rule"), numbers)

    return kernel


def squared_norm(vectors: Vectors) -> Kernel:
    """The sum of squares of some pieces, a float64 for each."""
    lanes = vectors.lanes
    of = fields(SQUARES_FIELDS)
    tile = micro_kernel(lambda module, which: emit_squares(module, vectors, which), range(1), len(SQUARES))

    def kernel(p: int) -> None:
        piece = of(p, "piece")
        for i in range(of(p, "begin"), of(p, "end")):
            values = min(piece, of(p, "values") - i * piece)
            whole, rest = values // lanes, values % lanes
            tile(0, (of(p, "g") + 4 * i * piece, of(p, "sums") + 8 * i, whole // CHAINS, whole % CHAINS, rest))

    return kernel
