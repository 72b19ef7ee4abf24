"""A convolution's adjoint as convolutions of stride 1: cells of the image that are S apart are seen by the same
taps."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindow, SlidingWindows


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


def with_border(dy: Array, windows: SlidingWindows) -> tuple[Array, tuple[int, int]]:
    """dy (N, rows, columns, K) among as many zeros as all phases reach, and how many of them lie in front."""
    (top, bottom), (left, right) = (
        _border(window, axis) for window, axis in zip(windows, phases(windows), strict=True)
    )
    if top or bottom or left or right:
        N, H, W, K = dy.shape
        total = np.zeros((N, top + H + bottom, left + W + right, K), np.float32)
        total[:, top : top + H, left : left + W] = dy
        dy = total
    return dy, (top, left)


def reach(windows: SlidingWindows) -> tuple[int, int]:
    """Rows and columns of an image with its padding, as far as windows or the image reach."""
    rows, columns = (max(s.before + s.size, (s.outputs - 1) * s.S + s.extent) for s in windows)
    return rows, columns


def _phase(window: SlidingWindow, first: int) -> Phase:
    seen = [i for i in range(window.F) if (first + window.before - i * window.D) % window.S == 0]
    found = sorted(((first + window.before - i * window.D) // window.S, i) for i in seen)
    length = len(range(first, window.size, window.S))
    return Phase(first, length, tuple(i for _, i in found), tuple(cell for cell, _ in found))


def _border(window: SlidingWindow, axis: list[Phase]) -> tuple[int, int]:
    found = [(phase.cells[0], phase.length - 1 + phase.cells[-1]) for phase in axis if phase.cells and phase.length]
    first, last = min((a for a, _ in found), default=0), max((b for _, b in found), default=0)
    return max(0, -first), max(0, last - (window.outputs - 1))
