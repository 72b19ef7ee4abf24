"""The gradient of a convolution by its filters, by native code, on (N, H, W, C) of float32: for each tap and channel of
the image, and each channel of the output, a sum over cells of products."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.tables import FILTER_GRADIENT_FIELDS, TAP
from .....kernels.strips import CACHE
from .addresses import address
from .calls import Native, cut, row_table, rows_in_strips
from .filters import unpacked
from .moves import clear
from .plan import PLANS, Plan

MACS = 50.0
"""Multiply-accumulates of a nanosecond."""
FEWEST = 8
"""Taps of a thread."""
Three = tuple[int, int, int]
"""Images, rows and cells; or bytes from one to the next."""


class Taps(NamedTuple):
    """Bytes to the rows and columns that a cell meets; channels of each; bytes from a channel's sums to the next
    one's."""

    down: tuple[int, ...]
    across: tuple[int, ...]
    channels: int
    step: int


def by_filters(x: Array, dy: Array, windows: SlidingWindows, G: int, native: Native) -> Array:
    """For x, padded already, and the gradient by the output the one by the filters (K, C/G, FH, FW). Cells are added up
    in reading order, whoever does it: threads share the sums."""
    rows, columns = windows
    K, C = dy.shape[3] // G, x.shape[3] // G
    found = native.empty((K * G, C, rows.F, columns.F))
    if not dy.size:
        clear(found, native)
        return found
    by = _by_matrix if rows.F == columns.F == 1 and min(K, native.vectors.lanes) <= C else _by_taps
    for g in range(G):
        own = slice(g * K, (g + 1) * K)
        by(x[..., g * C : (g + 1) * C], dy[..., own], windows, found[own], native)
    return found


def _by_taps(x: Array, dy: Array, windows: SlidingWindows, found: Array, native: Native) -> None:
    K, C, FH, FW = found.shape
    total = native.empty((FH * FW, C, native.vectors.whole(K)))
    down, across = (
        tuple(range(0, s.F * s.D * step, s.D * step)) for s, step in zip(windows, x.strides[1:3], strict=True)
    )
    taps = Taps(down, across, C, total.strides[1])
    hands = native.hands(FH * FW * C // FEWEST, dy.size * C * FH * FW / MACS)
    plan = _sums(_cells(dy), _steps(x, windows), taps, _steps(dy), K, hands)
    native.carry_out("by_filters", native.at(plan, x=x, y=dy, out=total), plan.owners)
    unpacked(total, found, native)


def _by_matrix(x: Array, dy: Array, windows: SlidingWindows, found: Array, native: Native) -> None:
    """Filters of one tap: image and gradient change places, and the sums lie as filters do."""
    K, C, _, _ = found.shape
    taps = Taps((0,), (0,), K, found.strides[0])
    hands = native.hands(K // FEWEST, dy.size * C / MACS)
    plan = _sums(_cells(dy), _steps(dy), taps, _steps(x, windows), C, hands)
    native.carry_out("by_filters", native.at(plan, x=dy, y=x, out=found), plan.owners)


def _cells(x: Array) -> Three:
    N, H, W, _ = x.shape
    return N, H, W


def _steps(x: Array, windows: SlidingWindows | None = None) -> Three:
    """Of an array's cells, or of the first ones of windows."""
    image, row, cell, _ = x.strides
    down, across = (s.S for s in windows) if windows else (1, 1)
    return image, row * down, cell * across


@lru_cache(PLANS)
def _sums(cells: Three, x: Three, taps: Taps, y: Three, channels: int, hands: int) -> Plan:
    """For each strip a call for each thread, which has some of the taps."""
    cost = taps.channels + channels
    (N, H, W), x, y = _in_rows(cells, x, y, max(1, CACHE // cost))
    places = row_table((N, H), x, y)
    first, count = rows_in_strips(N * H, W * cost, CACHE)
    seen = (np.add.outer(taps.down, taps.across)[..., None] + 4 * np.arange(taps.channels)).reshape(-1)
    table = np.stack([seen, taps.step * np.arange(len(seen))], axis=1)
    parts = cut(len(seen), hands)
    tables = np.empty((len(first), len(parts), len(FILTER_GRADIENT_FIELDS)), np.int64)
    for i, part in enumerate(parts):
        tables[:, i] = (
            0, 0, 0, address(table) + TAP * part.start, 0, part.stop - part.start, 0, W, x[2], y[2], channels, 0,
        )  # fmt: skip
    for name, values in (("row_table", address(places) + places.strides[0] * first), ("rows", count)):
        tables[:, :, FILTER_GRADIENT_FIELDS.index(name)] = values[:, None]
    tables[0, :, FILTER_GRADIENT_FIELDS.index("starts")] = 1
    owned = np.tile(np.arange(len(parts)), len(first))
    return Plan(tables.reshape(-1, len(FILTER_GRADIENT_FIELDS)), FILTER_GRADIENT_FIELDS, (table, places), owned)


def _in_rows(cells: Three, x: Three, y: Three, most: int) -> tuple[Three, Three, Three]:
    """Images, rows and cells, and their steps in x and in y: axes of which one goes on where another ends are one, so
    that rows are long, and of at most so many cells where they can be cut."""
    axes = [axis for axis in zip(cells, x, y, strict=True) if axis[0] > 1]
    while len(axes) > 1:
        (outer, *outer_steps), (inner, *steps) = axes[-2:]
        if inner * outer > most or outer_steps != [inner * step for step in steps]:
            break
        axes[-2:] = [(inner * outer, steps[0], steps[1])]
    if len(axes) in (1, 2) and axes[-1][0] > most:
        size, x_step, y_step = axes.pop()
        row = max(count for count in range(1, most + 1) if size % count == 0)
        axes += [(size // row, row * x_step, row * y_step), (row, x_step, y_step)]
    (N, *image), (H, *rows), (W, *cell) = [(1, 0, 0)] * (3 - len(axes)) + axes
    return (N, H, W), (image[0], rows[0], cell[0]), (image[1], rows[1], cell[1])
