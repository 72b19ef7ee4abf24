"""The border of zeros around (N, H, W, C), and that of the way back."""

from __future__ import annotations

import numpy as np

from ...graph.array import Array
from ...graph.window import SlidingWindow, SlidingWindows


def padded(x: Array, windows: SlidingWindows, sizes: tuple[int, int] | None = None) -> Array:
    """x (N, H, W, C) among zeros: its windows' padding, or as much as makes it `sizes`; x itself where that is none."""
    rows, columns = sizes or (s.before + s.size + s.after for s in windows)
    if (rows, columns) == x.shape[1:3]:
        return x
    total = np.zeros((len(x), rows, columns, x.shape[3]), x.dtype)
    total[inside(windows)] = x
    return total


def inside(windows: SlidingWindows) -> tuple[slice, ...]:
    """Where an image lies among its padding."""
    return slice(None), *(slice(s.before, s.before + s.size) for s in windows)


def is_mirrored(windows: SlidingWindows) -> bool:
    """Whether a convolution's adjoint is a convolution itself: at stride 1, where no window lies on padding alone."""
    return all(s.S == 1 and max(s.before, s.after) < s.extent for s in windows)


def mirrored(windows: SlidingWindows) -> SlidingWindows:
    """The windows of the adjoint, over the output."""
    rows, columns = (
        SlidingWindow(s.outputs, s.F, 1, s.D, s.extent - 1 - s.before, s.extent - 1 - s.after) for s in windows
    )
    return rows, columns
