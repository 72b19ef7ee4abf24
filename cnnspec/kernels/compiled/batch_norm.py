"""Batch normalisation over cells (rows of C values), and the way back through it: sums over parts of the cells, what
follows from them for each channel, multiples of all cells. A call does all of that, or some of it.

Cells are taken `BLOCK` at a time, so that a block stays in the cache while all vectors of channels pass over it, for
its mean and for the squares about that. A block's sums are made in float32, cell by cell in `CHAINS` sums of their own;
those of blocks and parts in float64, in order. They are about a channel's first value, to which a block's squares are
brought from its own mean: no digits are lost, and cells are read once.
Cost: forward that of reading the cells twice and of writing them; back that of reading them and the gradients twice.
Ioffe and Szegedy: "Batch Normalization", 2015; Chan, Golub, LeVeque: "Algorithms for computing the sample variance",
1983.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from .batch_norm_tile import (
    FACTORS,
    MIX,
    MOMENTS,
    SLOPES,
    SPREAD,
    emit_factors,
    emit_mix,
    emit_moments,
    emit_slopes,
    emit_spread,
)
from .memory import Kernel, fields, micro_kernel
from .tables import FOUND, KEPT
from .vectors import Vectors

BLOCK, CHAINS = 64, 4
STAGES = ("first_part", "end_part", "parts", "first", "end")
"""What a call does: the sums of some parts, into places that hold zeros; what follows from those of all `parts`, where
that is not 0; multiples of the cells from the first on and before the end."""
FORWARD_FIELDS = (
    "x", "out", "weight", "bias", "running_mean", "running_var", "kept", "sums", "numbers", "cells", "channels", "part",
    *STAGES,
)  # fmt: skip
"""Addresses: of cells; of tensors (C,); of rows of whole vectors, `KEPT` and behind them `KEPT_WIDE`, and two of
float64 for each part's sums; of `NUMBERS`. Sizes; a part has so many cells."""
BACK_FIELDS = ("x", "dy", "out", "kept", "found", "sums", "numbers", "cells", "channels", "part", *STAGES)
"""The same; `FOUND` is left in rows."""
OFFSET, MEAN, WIDE = KEPT.index("offset"), KEPT.index("mean"), len(KEPT)
SLOPE, PLUS = FOUND.index("slope"), FOUND.index("plus")


def _sums(emit: Any, vectors: Vectors, chains: int, arguments: tuple[str, ...]) -> Any:
    """Adds sums of some cells, so many at a time, to those of their part."""
    return micro_kernel(lambda module, is_part: emit(module, vectors, chains, is_part), range(2), len(arguments))


def _mixing(vectors: Vectors, has_y: bool) -> Any:
    """Multiples of some cells."""
    lanes = vectors.lanes
    tile = micro_kernel(lambda module, is_part: emit_mix(module, vectors, has_y, is_part), range(2), len(MIX))

    @register_jitable  # type: ignore[untyped-decorator]
    def mix(x: int, y: int, by_x: int, by_y: int, plus: int, out: int, first: int, end: int, channels: int) -> None:
        for start in range(first, end, BLOCK):
            for c in range(0, channels, lanes):
                valid = min(lanes, channels - c)
                at = 4 * (start * channels + c)
                numbers = (
                    x + at, y + at, by_x + 4 * c, by_y + 4 * c, plus + 4 * c, out + at,
                    min(BLOCK, end - start), 4 * channels, valid,
                )  # fmt: skip
                tile(1 if valid < lanes else 0, numbers)

    return mix


def normalise(vectors: Vectors) -> Kernel:
    """Forward."""
    lanes = vectors.lanes
    of = fields(FORWARD_FIELDS)
    many, one = (_sums(emit_spread, vectors, chains, SPREAD) for chains in (CHAINS, 1))
    factors = micro_kernel(lambda module, is_part: emit_factors(module, vectors, is_part), range(2), len(FACTORS))
    mix = _mixing(vectors, has_y=False)

    def kernel(p: int) -> None:
        x, kept, cells, channels = of(p, "x"), of(p, "kept"), of(p, "cells"), of(p, "channels")
        row, cell = 4 * ((channels + lanes - 1) // lanes * lanes), 4 * channels
        for part in range(of(p, "first_part"), of(p, "end_part")):
            sums, end = of(p, "sums") + 4 * row * part, min(cells, (part + 1) * of(p, "part"))
            for start in range(part * of(p, "part"), end, BLOCK):
                count = min(BLOCK, end - start)
                rounds, rest = count // CHAINS, count % CHAINS
                for c in range(0, channels, lanes):
                    valid = min(lanes, channels - c)
                    is_part = 1 if valid < lanes else 0
                    at, about = x + start * cell + 4 * c, x + 4 * c
                    first, second = sums + 8 * c, sums + 2 * row + 8 * c
                    if rounds:
                        many(is_part, (at, about, rounds, cell, first, second, valid))
                    if rest:
                        at += rounds * CHAINS * cell
                        one(is_part, (at, about, rest, cell, first, second, valid))
        parts = of(p, "parts")
        if parts:
            for c in range(0, channels, lanes):
                valid = min(lanes, channels - c)
                numbers = (
                    x + 4 * c, of(p, "weight") + 4 * c, of(p, "bias") + 4 * c, of(p, "running_mean") + 4 * c,
                    of(p, "running_var") + 4 * c, kept + 4 * c, kept + WIDE * row + 8 * c, of(p, "sums") + 8 * c,
                    parts, row, of(p, "numbers"), valid,
                )  # fmt: skip
                factors(1 if valid < lanes else 0, numbers)
        mix(x, x, kept, kept, kept + OFFSET * row, of(p, "out"), of(p, "first"), of(p, "end"), channels)

    return kernel


def normalise_back(vectors: Vectors) -> Kernel:
    """From the gradient by the output to those by x, weight and bias."""
    lanes = vectors.lanes
    of = fields(BACK_FIELDS)
    many, one = (_sums(emit_moments, vectors, chains, MOMENTS) for chains in (CHAINS, 1))
    slopes = micro_kernel(lambda module, is_part: emit_slopes(module, vectors, is_part), range(2), len(SLOPES))
    mix = _mixing(vectors, has_y=True)

    def kernel(p: int) -> None:
        x, dy, kept, found = of(p, "x"), of(p, "dy"), of(p, "kept"), of(p, "found")
        cells, channels = of(p, "cells"), of(p, "channels")
        row, cell = 4 * ((channels + lanes - 1) // lanes * lanes), 4 * channels
        for part in range(of(p, "first_part"), of(p, "end_part")):
            sums, end = of(p, "sums") + 4 * row * part, min(cells, (part + 1) * of(p, "part"))
            for start in range(part * of(p, "part"), end, BLOCK):
                count = min(BLOCK, end - start)
                rounds, rest = count // CHAINS, count % CHAINS
                for c in range(0, channels, lanes):
                    valid = min(lanes, channels - c)
                    is_part = 1 if valid < lanes else 0
                    at, mean = start * cell + 4 * c, kept + MEAN * row + 4 * c
                    first, second = sums + 8 * c, sums + 2 * row + 8 * c
                    if rounds:
                        many(is_part, (x + at, dy + at, mean, rounds, cell, first, second, valid))
                    if rest:
                        at += rounds * CHAINS * cell
                        one(is_part, (x + at, dy + at, mean, rest, cell, first, second, valid))
        parts = of(p, "parts")
        if parts:
            for c in range(0, channels, lanes):
                valid = min(lanes, channels - c)
                wide, sums = kept + WIDE * row + 8 * c, of(p, "sums") + 8 * c
                slopes(1 if valid < lanes else 0, (wide, found + 4 * c, sums, parts, row, of(p, "numbers"), valid))
        slope, plus = found + SLOPE * row, found + PLUS * row
        mix(dy, x, kept, slope, plus, of(p, "out"), of(p, "first"), of(p, "end"), channels)

    return kernel
