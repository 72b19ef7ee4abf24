"""How light the ground is that an image shows: the frame around it, from 0 for black to 1 for white."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..language.sections.preprocess import Preprocess
from .images import levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

DARK, LIGHT = 0.2, 0.8


def ground(x: NDArray[Any], preprocess: Preprocess) -> float:
    """That of an input (C, H, W) which `preprocess` has made: the median of its outermost cells, told as pixels."""
    import numpy as np

    ends = levels(np.broadcast_to([0.0, 255.0], (x.shape[0], 1, 2)), preprocess.model_copy(update={"invert": False}))
    black, white = ends[:, :, :1], ends[:, :, 1:]
    light = (x - black) / (white - black)
    frame = np.concatenate([light[:, 0], light[:, -1], light[:, :, 0], light[:, :, -1]], axis=1)
    # Not `np.median`: it imports masked arrays, which takes a twentieth of a small run.
    return float(np.sort(frame, axis=None)[frame.size // 2])
