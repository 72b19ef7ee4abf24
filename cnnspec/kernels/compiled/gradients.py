"""Gradients by filters over a strip: of a convolution, and of one that keeps channels apart.

Each is a sum over the strip's cells, row by row in the order of the table, added to what the strips before it gave: the
same bytes come out however often it is done.
Cost: that of `gradient_tile`; a strip's image and gradient stay in the second-level cache while all taps meet them.
"""

from __future__ import annotations

from typing import Any

from .gradient_tile import COUNT, emit
from .memory import Kernel, fields, micro_kernel
from .tables import FILTER_GRADIENT_FIELDS, GRADIENT_FIELDS, TAP
from .vectors import Vectors


def _tiles(vectors: Vectors, columns: int, is_apart: bool) -> tuple[int, Any]:
    """Taps of the largest tile, and the tiles: numbered by their taps, twice, and 1 more where a vector is no whole
    one."""
    most = vectors.rows(columns)

    def one(module: Any, number: int) -> Any:
        return emit(module, vectors, number // 2, columns, bool(number % 2), is_apart)

    return most, micro_kernel(one, range(2, 2 * most + 2), COUNT)


def by_filters(vectors: Vectors) -> Kernel:
    """The gradient by the filters of a convolution, each tap of which meets every channel."""
    lanes, panel, widest = vectors.lanes, vectors.panel, vectors.columns
    of = fields(FILTER_GRADIENT_FIELDS)
    (most1, tile1), (most2, tile2) = (_tiles(vectors, columns, False) for columns in (1, 2))
    # A processor with few registers has narrower tiles alone: the others are never asked for.
    (most3, tile3), (most4, tile4) = (_tiles(vectors, columns if widest == 4 else 2, False) for columns in (3, 4))

    def kernel(p: int) -> None:
        channels, tap_count = of(p, "channels"), of(p, "tap_count")
        for first in range(0, channels, panel):
            width = min(panel, channels - first)
            wide = (width + lanes - 1) // lanes
            valid = width - (wide - 1) * lanes
            most = most1 if wide == 1 else most2 if wide == 2 else most3 if wide == 3 else most4
            count = (tap_count + most - 1) // most
            t = 0
            for j in range(count):
                size = (tap_count - t + count - j - 1) // (count - j)  # all about the same: none is too small
                number = 2 * size + (1 if valid < lanes else 0)
                given = (
                    of(p, "x"), of(p, "taps") + TAP * t, of(p, "y") + 4 * first, of(p, "rows"), of(p, "row_table"),
                    of(p, "cells"), of(p, "x_cell"), of(p, "y_cell"), of(p, "out") + 4 * first, valid,
                    of(p, "starts"),
                )  # fmt: skip
                if wide == 1:
                    tile1(number, given)
                elif wide == 2:
                    tile2(number, given)
                elif wide == 3:
                    tile3(number, given)
                else:
                    tile4(number, given)
                t += size

    return kernel


def by_depthwise_filters(vectors: Vectors) -> Kernel:
    """The gradient by filters of which each has a channel of its own."""
    lanes = vectors.lanes
    of = fields(GRADIENT_FIELDS)
    most, tile = _tiles(vectors, 1, True)

    def kernel(p: int) -> None:
        channels, tap_count = of(p, "channels"), of(p, "tap_count")
        for c in range(0, channels, lanes):
            valid = min(lanes, channels - c)
            for t in range(0, tap_count, most):
                tile(
                    2 * min(most, tap_count - t) + (1 if valid < lanes else 0),
                    (
                        of(p, "x") + 4 * c, of(p, "taps") + TAP * t, of(p, "y") + 4 * c, of(p, "rows"),
                        of(p, "row_table"), of(p, "cells"), of(p, "x_cell"), of(p, "y_cell"), of(p, "out") + 4 * c,
                        valid, 0,
                    ),
                )  # fmt: skip

    return kernel
