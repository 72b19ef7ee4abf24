"""Outputs in boxes, of some images, rows and columns: all of a box see the same taps. What lies beside an image is in
none of these, so it needs no border.

Whole numbers only, which follow from shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .....graph.window import SlidingWindows
from .....kernels.compiled.tables import CELLS
from .....kernels.strips import Strip
from ..phases import phases
from .calls import Numbers
from .plan import PLANS
from .runs import Run, runs, runs_back

Steps = tuple[int, ...]
"""In bytes, from image to image, row to row and cell to cell."""


class Axis(NamedTuple):
    """Rows or columns of outputs: those of a run lie `step` apart, and see what lies `S` apart."""

    runs: list[Run]
    step: int
    S: int


Axes = tuple[Axis, Axis]


class Side(NamedTuple):
    """Of a box: how many outputs, and steps in bytes from one to the next, in what they see and in themselves."""

    length: int
    x: int
    out: int


class Box(NamedTuple):
    """Bytes to where the places of its taps are counted from, and to its first output; the taps, for each its place and
    that of its filters; the rows, for each its offsets in what is seen and in the outputs; the cells of a row."""

    x: int
    out: int
    taps: Numbers
    rows: Numbers
    cells: Side


def forward(windows: SlidingWindows) -> Axes:
    """The outputs of windows over an image."""
    rows, columns = (Axis(runs(window), 1, window.S) for window in windows)
    return rows, columns


def back(windows: SlidingWindows) -> Axes:
    """The image's cells on the way back: what they see are the outputs of the windows."""
    pairs = zip(windows, phases(windows), strict=True)
    rows, columns = (Axis(runs_back(window, axis), window.S, 1) for window, axis in pairs)
    return rows, columns


def boxes(
    axes: Axes, parts: Iterable[Strip], x: Steps, out: Steps, taps_across: int, tap: int
) -> Iterator[tuple[int, Box]]:
    """All outputs of strips: the number of the strip, and a box. Taps are numbered, so many to a row of the window, and
    the filters of each take `tap` bytes."""
    down, across = axes
    both = [(one, other, _taps(one, other, x, taps_across, tap)) for one in down.runs for other in across.runs]
    for number, (n0, n1, r0, r1, *_) in enumerate(parts):
        for rows, columns, taps in both:
            first, end = (min(max(0, -((rows.first - r) // down.step)), rows.length) for r in (r0, r1))
            if first < end:
                images = Side(n1 - n0, x[0], out[0])
                height = Side(end - first, down.S * x[1], down.step * out[1])
                width = Side(columns.length, across.S * x[2], across.step * out[2])
                begin = n0 * out[0] + rows.first * out[1] + columns.first * out[2] + first * height.out
                yield number, Box(n0 * x[0] + first * height.x, begin, taps, *_rows(width, height, images))


def _taps(down: Run, across: Run, x: Steps, taps_across: int, tap: int) -> Numbers:
    """Those of the first output of a box, in reading order."""
    seen = np.add.outer(x[1] * np.array(down.cells, np.int64), x[2] * np.array(across.cells, np.int64))
    numbers = np.add.outer(taps_across * np.array(down.taps, np.int64), np.array(across.taps, np.int64))
    return np.stack([seen, tap * numbers], axis=2).reshape(-1, 2)


@lru_cache(PLANS)
def _rows(*sides: Side) -> tuple[Numbers, Side]:
    """A box's rows, along the side that takes the fewest tiles, and their cells. The first of several such sides is
    taken: best neighbours."""
    lengths = np.array([side.length for side in sides])
    along = int(np.argmin(-(-lengths // CELLS) * (lengths.prod() // lengths)))
    inner, outer = (side for i, side in enumerate(sides) if i != along)
    i, j = np.divmod(np.arange(inner.length * outer.length), inner.length)
    return np.stack([i * outer.x + j * inner.x, i * outer.out + j * inner.out], axis=1), sides[along]
