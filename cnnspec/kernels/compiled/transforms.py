"""Squares of vectors times a matrix from both sides, M x M': what Winograd's F(4x4, 3x3) makes of tiles of the image
and of filters, and what the way back makes of the output's gradient and of the products.

The way back is the adjoint of each step: with G, B' and A' as in `kernels/inference/winograd.py`, an output is
A'[(GgG') * (B'dB)]A, so the gradient by the filters is G'[(B'dB) * (A dy A')]G, the middle summed over all tiles.
Lavin, Gray: "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
Cost: for each square a load and a store of a vector for each cell, and 60 to 150 sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.array import Array
from ..inference.winograd import FILTERINGS
from .emitter import begin
from .layout import STEP
from .memory import Kernel, fields, micro_kernel
from .tables import SQUARE_FIELDS
from .vectors import Vectors
from .winograd_tile import both_ways

ARGUMENTS = ("x", "x_row", "x_column", "out", "place", "valid", "row", "column", "rows", "columns")
"""The last four: where the square begins on an image, and how large that is."""
WHOLE, PART, BORDER = range(3)
"""A vector of a square that lies inside, a part of one, and either of a square that does not."""


def emit(module: Any, vectors: Vectors, name: str, matrix: Array, kind: int) -> Any:
    """The function of a square, put into an LLVM module."""
    e, a = begin(module, f"square_{name}_{vectors.lanes}_{kind}", ARGUMENTS, vectors.lanes)
    b = e.builder
    mask = e.mask(a["valid"])
    size = range(matrix.shape[1])

    def masks(first: Any, count: Any) -> list[Any]:
        """For each row or column of the square: no lanes where it lies beyond the image, on either side."""
        inside = [b.icmp_unsigned("<", b.add(first, e.number(i)), count) for i in size]
        return [e.mask(b.select(is_inside, a["valid"], e.number(0))) for is_inside in inside]

    if kind == BORDER:
        down, across = masks(a["row"], a["rows"]), masks(a["column"], a["columns"])

    def load(i: int, j: int) -> Any:
        at = b.add(a["x"], b.add(b.mul(a["x_row"], e.number(i)), b.mul(a["x_column"], e.number(j))))
        if kind == BORDER:
            return e.load_part(at, b.and_(down[i], across[j]))
        return e.load(at) if kind == WHOLE else e.load_part(at, mask)

    found = both_ways(e, matrix, [[load(i, j) for j in size] for i in size])
    for place, value in enumerate(value for row in found for value in row):
        e.store(value, b.add(a["out"], b.mul(a["place"], e.number(place))))
    b.ret_void()
    return e.function


def _squares(vectors: Vectors, name: str, matrix: Array) -> Kernel:
    lanes, size = vectors.lanes, matrix.shape[1]
    of = fields(SQUARE_FIELDS)
    square = micro_kernel(lambda module, kind: emit(module, vectors, name, matrix, kind), range(3), len(ARGUMENTS))

    def kernel(p: int) -> None:
        channels = of(p, "channels")
        out = of(p, "out")
        rows, columns = of(p, "rows"), of(p, "columns")
        for n in range(of(p, "images")):
            for i in range(of(p, "down")):
                r = of(p, "row") + i * of(p, "step")
                for j in range(of(p, "across")):
                    q = of(p, "column") + j * of(p, "step")
                    is_inside = r >= 0 and q >= 0 and r + size <= rows and q + size <= columns
                    x = of(p, "x") + n * of(p, "x_image") + i * of(p, "x_down") + j * of(p, "x_across")
                    for c in range(0, channels, lanes):
                        left = channels - c
                        kind = BORDER if not is_inside else PART if left < lanes else WHOLE
                        steps = of(p, "x_row"), of(p, "x_column")
                        square(kind, (x + 4 * c, *steps, out + 4 * c, of(p, "place"), left, r, q, rows, columns))
                    out += of(p, "tile")

    return kernel


def to_places(vectors: Vectors) -> Kernel:
    """B'dB of tiles of the image."""
    return _squares(vectors, "to_places", FILTERINGS[STEP].input)


def filters_to_places(vectors: Vectors) -> Kernel:
    """GgG' of filters."""
    return _squares(vectors, "filters_to_places", FILTERINGS[STEP].filter)


def gradient_to_places(vectors: Vectors) -> Kernel:
    """A dy A' of tiles of the output's gradient."""
    return _squares(vectors, "gradient_to_places", np.ascontiguousarray(FILTERINGS[STEP].output.T))


def places_to_filters(vectors: Vectors) -> Kernel:
    """G'mG of the products of both."""
    return _squares(vectors, "places_to_filters", np.ascontiguousarray(FILTERINGS[STEP].filter.T))
