"""The zeros around what convolutions and their adjoints look at."""

from __future__ import annotations

from functools import lru_cache

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.training.padding import inside
from ..phases import phases, reached
from .calls import Native
from .moves import put, zeros
from .plan import PLANS


def with_border(dy: Array, windows: SlidingWindows, native: Native) -> tuple[Array, tuple[int, int]]:
    """dy (N, rows, columns, K) among as many zeros as all phases reach, and how many of them lie in front."""
    (top, bottom), (left, right) = _zeros(windows)
    if top or bottom or left or right:
        N, H, W, K = dy.shape
        total = zeros((N, top + H + bottom, left + W + right, K), native)
        put(dy, total[:, top : top + H, left : left + W], native)
        dy = total
    return dy, (top, left)


def padded(x: Array, windows: SlidingWindows, native: Native) -> Array:
    """x (N, H, W, C) among the zeros that windows reach."""
    sizes = reach(windows)
    if sizes == x.shape[1:3]:
        return x
    total = zeros((len(x), *sizes, x.shape[3]), native)
    put(x, total[inside(windows)], native)
    return total


@lru_cache(PLANS)
def _zeros(windows: SlidingWindows) -> tuple[tuple[int, int], tuple[int, int]]:
    """How many rows of them above and below, and how many columns on the left and on the right."""
    rows, columns = (reached(axis, s.outputs) for s, axis in zip(windows, phases(windows), strict=True))
    return rows, columns


def reach(windows: SlidingWindows) -> tuple[int, int]:
    """Rows and columns of an image with its padding, as far as windows or the image reach."""
    rows, columns = (max(s.before + s.size, (s.outputs - 1) * s.S + s.extent) for s in windows)
    return rows, columns
