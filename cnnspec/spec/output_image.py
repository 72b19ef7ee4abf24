"""Outputs that are images, as pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..graph.array import Array
from ..graph.graph import INPUT, Graph
from ..graph.shape import Shape
from ..inputs.images import pixels
from ..language.sections.preprocess import Preprocess
from .ranking import output_kind

Pixels = NDArray[np.uint8]

PALETTE = np.array(
    [
        (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
        (204, 121, 167), (255, 255, 255), (150, 150, 150),
    ],
    np.uint8,
)  # fmt: skip
"""Colours that people with any eyes can tell apart: Okabe and Ito, "Color Universal Design", 2008; black first."""


def is_image(shape: Shape) -> bool:
    """Whether an output has more than one row and column."""
    return len(shape) == 3 and min(shape[1:]) > 1


def input_image(x: Array, graph: Graph, preprocess: Preprocess | None) -> Pixels:
    """The input x (C, H, W) as pixels (H, W) or (H, W, 3), its `preprocess` undone; of channels that are no colours
    the mean."""
    if len(x) not in (1, 3):
        x, preprocess = x.mean(axis=0, keepdims=True, dtype=float), None
    return as_image(x, INPUT, graph, preprocess)


def as_image(y: Array, name: str, graph: Graph, preprocess: Preprocess | None) -> Pixels:
    """The output `name`, y (C, H, W), as pixels (H, W) or (H, W, 3).

    One map of probabilities is gray, 1 is white. As many channels as the input's, one or three, are read as the input
    is: its `preprocess` undone. Of other depths each cell is the colour of its largest channel; a single map or three
    that are nothing of this go from the least value to the largest.
    """
    C = len(y)
    finite = np.nan_to_num(y.astype(float), nan=0.0, posinf=0.0, neginf=0.0)
    if C not in (1, 3):
        return np.asarray(PALETTE[finite.argmax(axis=0) % len(PALETTE)])
    if C == 1 and output_kind(graph, name) == "probabilities":
        shown = finite * 255
    elif preprocess is not None and graph.input[0] == C:
        shown = pixels(finite, preprocess)
    else:
        low, high = finite.min(), finite.max()
        shown = (finite - low) / (high - low or 1) * 255
    whole: Pixels = np.clip(shown, 0, 255).round().astype(np.uint8)
    return whole[0] if C == 1 else whole.transpose(1, 2, 0)
