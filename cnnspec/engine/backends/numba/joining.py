"""Which operations are carried out together, a few rows at a time, and how many rows.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from math import prod
from typing import Any

from ....graph.shape import is_image
from ....graph.window import SlidingWindow, SlidingWindows
from ....layers._affine import Affine
from ....layers._pool import Pool
from ....layers.conv import Conv
from ...program import Operation
from .costs import COSTS, OF_TILES, nanoseconds
from .functions import function_of
from .kernel_selection import ITEMS

ROOM = 96 * 1024
"""float32 values of all that lies between the parts, and of what the last one makes: they stay in the second-level
cache."""
LEAST = 3
"""Rows for which there must be room; with fewer, moving and beginning take too much of the time."""
LARGE = 1 << 18
"""float32 values of a tensor that stay in that cache from one layer to the next; of a larger one, what is beyond them
comes from farther."""
PASSED = 25.0
"""float32 values that do so in a nanosecond."""
MOVED = 20.0
"""float32 values that are moved in a nanosecond inside of the cache."""
REPEATED = 0.03
"""Share of the rows that may be made twice, for the sake of threads."""


def can_join(before: Operation, after: Operation) -> bool:
    """Whether both are made row by row, and the first one of one tensor alone."""
    return _is_by_rows(after) and all(map(_is_by_rows, before.each)) and before.plus is None


def joins(before: Operation, after: Operation) -> bool:
    """Whether what lies between two operations that can be joined is wider than what is at their ends, and so large
    that its way to memory and back takes longer than what is done besides: filters are read anew for each few rows,
    and some rows are moved or made twice."""
    parts = (*before.each, after)
    between = prod(before.shape)
    ends = prod(before.arriving[0]), prod(after.shape)
    if not min(ends) < between >= max(ends):
        return False
    rows = rows_at_once(parts)
    if rows < min(LEAST, after.shape[1]):
        return False
    last = before.each[-1]
    strips = -(-after.shape[1] // rows)
    again = 4 * strips * (_filters(last) + _filters(after)) / COSTS.filter_bytes
    row = between / before.shape[1]
    kept = _kept(after)
    twice = nanoseconds(last) * kept * (bands(parts) - 1) / before.shape[1]
    return 2 * (between - LARGE) / PASSED > again + strips * kept * row / MOVED + twice


def bands(parts: tuple[Operation, ...]) -> int:
    """Into how many bands the rows of an image are cut, between which some are made twice: an even number, or the last
    one of three would keep one of two threads waiting."""
    most = min((int(REPEATED * after.step.arriving[0][1] / (_kept(after) or 1)) for after in parts[1:]), default=ITEMS)
    return min(ITEMS, parts[-1].shape[1], max(2, (1 + most) // 2 * 2))


def _kept(after: Operation) -> int:
    """Rows at which windows look that are neighbours."""
    window = windows(after)[0]
    return max(0, window.extent - window.S)


def _is_by_rows(operation: Operation) -> bool:
    """Whether a compiled kernel makes it row by row, to the end."""
    layer = operation.layer
    return (
        len(operation.inputs) == 1
        and is_image(operation.shape)
        and (isinstance(layer, Affine | Pool) or (isinstance(layer, Conv) and operation.kernel not in OF_TILES))
        and (operation.activation is None or function_of(operation.activation) is not None)
    )


def windows(operation: Operation) -> SlidingWindows:
    """Through which an operation looks at what arrives, along rows and columns."""
    layer: Any = operation.layer
    if isinstance(layer, Affine):
        _, H, W = operation.arriving[0]
        return SlidingWindow(H, 1), SlidingWindow(W, 1)
    found: SlidingWindows = layer.windows(operation.arriving[0])
    return found


def rows_held(parts: tuple[Operation, ...], rows: int) -> list[int]:
    """For so many rows of what the last part makes: the rows that are held of what each of the others makes."""
    held: list[int] = []
    for part in reversed(parts[1:]):
        window = windows(part)[0]
        rows = min((rows - 1) * window.S + window.extent, window.size + part.halo.top + part.halo.bottom)
        held.append(rows)
    return held[::-1]


def _values(parts: tuple[Operation, ...], rows: int) -> int:
    """float32 values of all that is held, and of the rows themselves."""
    K, _, W = parts[-1].shape
    between = zip(parts, parts[1:], rows_held(parts, rows), strict=False)
    return rows * W * K + sum(
        count * (before.shape[2] + after.halo.left + after.halo.right) * before.shape[0]
        for before, after, count in between
    )


def rows_at_once(parts: tuple[Operation, ...]) -> int:
    """As many rows as there is room for, at least one."""
    rows = 1
    while rows < parts[-1].shape[1] and _values(parts, rows + 1) <= ROOM:
        rows += 1
    return rows


def _filters(operation: Operation) -> int:
    layer = operation.layer
    if not isinstance(layer, Conv):
        return 0
    F = layer.F
    return operation.arriving[0][0] // layer.G * layer.K * F[0] * F[1]
