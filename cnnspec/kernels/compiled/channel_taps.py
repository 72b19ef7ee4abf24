"""Depthwise convolution at taps that lie anywhere, for cells that see the same ones: forward, and the way back.

A tile is some cells of a row by a vector of channels. Cost: a load and a multiply-accumulate for each tap.
"""

from __future__ import annotations

from typing import Any

from .emitter import begin
from .memory import Kernel, fields, micro_kernel, number
from .tables import CELLS, CHANNEL_TAPS_FIELDS, TAP
from .vectors import Vectors

ARGUMENTS = ("x", "x_cell", "taps", "tap_count", "weights", "out", "out_cell", "valid")


def emit(module: Any, vectors: Vectors, size: int, is_part: bool) -> Any:
    """The function of a tile of `size` cells, put into an LLVM module."""
    e, a = begin(module, f"channel_taps_{vectors.lanes}_{size}_{is_part:d}", ARGUMENTS, vectors.lanes)
    b = e.builder
    mask = e.mask(a["valid"])

    def load(at: Any) -> Any:
        return e.load_part(at, mask) if is_part else e.load(at)

    def over_taps() -> list[Any]:
        cells = [b.add(a["x"], b.mul(a["x_cell"], e.number(m))) for m in range(size)]
        with e.loop(a["tap_count"], nothing) as (t, sums):
            tap = e.at(a["taps"], t, TAP)
            offset = e.load_number(tap)
            weights = load(b.add(a["weights"], e.load_number(e.at(tap, 1))))
            for m in range(size):
                sums[m] = e.multiply_add(load(b.add(cells[m], offset)), weights, sums[m])
        return sums

    nothing = [e.zeros()] * size
    found = e.choose(b.icmp_signed(">", a["tap_count"], e.number(0)), over_taps, lambda: nothing)
    for m, value in enumerate(found):
        at = b.add(a["out"], b.mul(a["out_cell"], e.number(m)))
        if is_part:
            e.store_part(value, at, mask)
        else:
            e.store(value, at)
    b.ret_void()
    return e.function


def channel_taps(vectors: Vectors) -> Kernel:
    """All rows, cells and channels of a part of an image."""
    lanes = vectors.lanes
    of = fields(CHANNEL_TAPS_FIELDS)

    def one(module: Any, number: int) -> Any:
        return emit(module, vectors, number // 2, bool(number % 2))

    tile = micro_kernel(one, range(2, 2 * CELLS + 2), len(ARGUMENTS))

    def kernel(p: int) -> None:
        cells, channels = of(p, "cells"), of(p, "channels")
        for r in range(of(p, "rows")):
            x = of(p, "x") + number(of(p, "row_table"), 2 * r)
            out = of(p, "out") + number(of(p, "row_table"), 2 * r + 1)
            for q in range(0, cells, CELLS):
                size = min(CELLS, cells - q)
                for c in range(0, channels, lanes):
                    valid = min(lanes, channels - c)
                    tile(
                        2 * size + (1 if valid < lanes else 0),
                        (
                            x + q * of(p, "x_cell") + 4 * c, of(p, "x_cell"), of(p, "taps"), of(p, "tap_count"),
                            of(p, "weights") + 4 * c, out + q * of(p, "out_cell") + 4 * c, of(p, "out_cell"), valid,
                        ),
                    )  # fmt: skip

    return kernel
