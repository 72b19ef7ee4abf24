"""A convolution's adjoint as convolutions of stride 1: cells of the image that are S apart are seen by the same taps.

Whole numbers only. Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ....graph.window import SlidingWindow, SlidingWindows


class Phase(NamedTuple):
    """Along one axis, of the image's cells `first`, `first` + S, ..., `length` of them: the filters' `taps` that see
    them, with the cells of the gradient that these find for the first, in rising order."""

    first: int
    length: int
    taps: tuple[int, ...]
    cells: tuple[int, ...]


Phases = tuple[list[Phase], list[Phase]]


@lru_cache(1 << 10)
def phases(windows: SlidingWindows) -> Phases:
    """Those of the rows and of the columns."""
    rows, columns = ([_phase(window, first) for first in range(window.S)] for window in windows)
    return rows, columns


def reached(axis: list[Phase], count: int) -> tuple[int, int]:
    """How many cells the phases of an axis look at before the `count` that there are, and behind them."""
    found = [(phase.cells[0], phase.length - 1 + phase.cells[-1]) for phase in axis if phase.cells and phase.length]
    first, last = min((a for a, _ in found), default=0), max((b for _, b in found), default=0)
    return max(0, -first), max(0, last - (count - 1))


def _phase(window: SlidingWindow, first: int) -> Phase:
    seen = [i for i in range(window.F) if (first + window.before - i * window.D) % window.S == 0]
    found = sorted(((first + window.before - i * window.D) // window.S, i) for i in seen)
    length = len(range(first, window.size, window.S))
    return Phase(first, length, tuple(i for _, i in found), tuple(cell for cell, _ in found))
