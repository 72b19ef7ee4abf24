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
from .vectors import Vectors
from .winograd_tile import both_ways

ARGUMENTS = ("x", "x_row", "x_column", "out", "place", "valid")
FIELDS = (
    "x", "out", "images", "down", "across", "x_image", "x_down", "x_across", "x_row", "x_column",
    "tile", "place", "channels",
)  # fmt: skip
"""Addresses; how many squares; steps in bytes from one to the next, and from cell to cell of one; in the result from
square to square, and from cell to cell; channels. The result has whole vectors of them."""


def emit(module: Any, vectors: Vectors, name: str, matrix: Array, is_part: bool) -> Any:
    """The function of a square, put into an LLVM module."""
    e, a = begin(module, f"square_{name}_{vectors.lanes}_{is_part:d}", ARGUMENTS, vectors.lanes)
    b = e.builder
    mask = e.mask(a["valid"])
    size = range(matrix.shape[1])

    def load(i: int, j: int) -> Any:
        at = b.add(a["x"], b.add(b.mul(a["x_row"], e.number(i)), b.mul(a["x_column"], e.number(j))))
        return e.load_part(at, mask) if is_part else e.load(at)

    found = both_ways(e, matrix, [[load(i, j) for j in size] for i in size])
    for place, value in enumerate(value for row in found for value in row):
        e.store(value, b.add(a["out"], b.mul(a["place"], e.number(place))))
    b.ret_void()
    return e.function


def _squares(vectors: Vectors, name: str, matrix: Array) -> Kernel:
    lanes = vectors.lanes
    of = fields(FIELDS)
    square = micro_kernel(
        lambda module, is_part: emit(module, vectors, name, matrix, bool(is_part)), range(2), len(ARGUMENTS)
    )

    def kernel(p: int) -> None:
        channels = of(p, "channels")
        out = of(p, "out")
        for n in range(of(p, "images")):
            for i in range(of(p, "down")):
                for j in range(of(p, "across")):
                    x = of(p, "x") + n * of(p, "x_image") + i * of(p, "x_down") + j * of(p, "x_across")
                    for c in range(0, channels, lanes):
                        left = channels - c
                        square(
                            1 if left < lanes else 0,
                            (x + 4 * c, of(p, "x_row"), of(p, "x_column"), out + 4 * c, of(p, "place"), left),
                        )
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
