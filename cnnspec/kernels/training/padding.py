"""The border of zeros around (N, H, W, C), and that of the way back."""

from __future__ import annotations

import numpy as np

from ...graph.array import Array
from ...graph.window import Sweep

Sweeps = tuple[Sweep, Sweep]


def padded(x: Array, sweeps: Sweeps) -> Array:
    """x (N, H, W, C) with its sweeps' padding; x itself without one."""
    if not any(s.before or s.after for s in sweeps):
        return x
    sizes = (s.before + s.size + s.after for s in sweeps)
    total = np.zeros((len(x), *sizes, x.shape[3]), x.dtype)
    total[slice(None), *(slice(s.before, s.before + s.size) for s in sweeps)] = x
    return total


def is_mirrored(sweeps: Sweeps) -> bool:
    """Whether a convolution's adjoint is a convolution itself: at stride 1, where no window lies on padding alone."""
    return all(s.S == 1 and max(s.before, s.after) < s.extent for s in sweeps)


def mirrored(sweeps: Sweeps) -> Sweeps:
    """The sweeps of the adjoint, over the output."""
    rows, columns = (Sweep(s.outputs, s.F, 1, s.D, s.extent - 1 - s.before, s.extent - 1 - s.after) for s in sweeps)
    return rows, columns
