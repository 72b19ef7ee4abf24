"""The zeros around what convolutions and their adjoints look at."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from ..phases import phases, reached
from .plan import PLANS


def with_border(dy: Array, windows: SlidingWindows) -> tuple[Array, tuple[int, int]]:
    """dy (N, rows, columns, K) among as many zeros as all phases reach, and how many of them lie in front."""
    (top, bottom), (left, right) = _zeros(windows)
    if top or bottom or left or right:
        N, H, W, K = dy.shape
        total = np.zeros((N, top + H + bottom, left + W + right, K), np.float32)
        total[:, top : top + H, left : left + W] = dy
        dy = total
    return dy, (top, left)


@lru_cache(PLANS)
def _zeros(windows: SlidingWindows) -> tuple[tuple[int, int], tuple[int, int]]:
    """How many rows of them above and below, and how many columns on the left and on the right."""
    rows, columns = (reached(axis, s.outputs) for s, axis in zip(windows, phases(windows), strict=True))
    return rows, columns


def reach(windows: SlidingWindows) -> tuple[int, int]:
    """Rows and columns of an image with its padding, as far as windows or the image reach."""
    rows, columns = (max(s.before + s.size, (s.outputs - 1) * s.S + s.extent) for s in windows)
    return rows, columns
