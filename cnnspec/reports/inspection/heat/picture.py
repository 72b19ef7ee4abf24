"""Heat over the input as a picture."""

from __future__ import annotations

from math import ceil

import numpy as np

from ....graph.array import Array
from ....graph.graph import Graph
from ....language.sections.preprocess import Preprocess
from ....spec.output_image import input_image
from ..attribution import Attribution, spread
from ..maps.contact_sheet import BLUE, ORANGE, Pixels, png

SIDE = 224
"""Pixels that the longer side has at least."""
STRONGEST = 0.85
"""How much of the strongest place is heat; the rest is the input."""


def render(found: Attribution, x: Array, graph: Graph, preprocess: Preprocess | None) -> bytes:
    """A PNG of the input x (C, H, W) in gray, and over it in orange what speaks for the value; in blue what speaks
    against it, where nothing speaks for it."""
    times = max(1, ceil(SIDE / max(x.shape[1:])))
    under = gray(x, graph, preprocess).repeat(times, 0).repeat(times, 1)
    heat = spread(found.heat, under.shape)
    return png(over(under, heat))


def gray(x: Array, graph: Graph, preprocess: Preprocess | None) -> Array:
    """The input as brightness (H, W) from 0 to 255."""
    shown = input_image(x, graph, preprocess)
    return shown.astype(float) if shown.ndim == 2 else shown @ np.array((0.299, 0.587, 0.114))


def over(under: Array, heat: Array) -> Pixels:
    """Brightness and heat, both (H, W), as (H, W, 3)."""
    share = STRONGEST * np.abs(heat)[..., None]
    colour = np.where(heat[..., None] < 0, BLUE, ORANGE)
    mixed: Pixels = (share * colour + (1 - share) * under[..., None]).round().astype(np.uint8)
    return mixed
