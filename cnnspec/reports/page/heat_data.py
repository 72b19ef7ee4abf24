"""Where the network looked, as the page knows it: Grad-CAM and the input gradient of a class' score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...graph.array import Array
from ...graph.graph import INPUT
from ...graph.shape import is_image
from ..drawing.json_number import json_number
from ..inspection.attribution import Attribution, attribution, class_output, class_score, last_image
from ..inspection.trace import Trace
from .run_data import likeliest

MOST_MACS = 10**9
"""Of a network through which one goes all the way back to the input; beyond, that takes seconds."""
SHADES = 255
"""Of heat: as many as a screen has shades."""


def heat_data(trace: Trace, number: Mapping[str, int], target: int | None) -> dict[str, Any] | None:
    """Of the class `target`, by default the likeliest: the value that is explained, and where it was looked for. Layers
    are named by their `number`. None where there are no classes, and where the input is no image."""
    if not is_image(trace.graph.input):
        return None
    found = likeliest(trace)
    output = found["output"] if found else class_output(trace)
    if output is None:
        return None
    scores = trace.values[output].reshape(-1)
    index = int(scores.argmax()) if target is None else target
    name, place = class_score(trace, output, index)
    at = last_image(trace, name)
    is_near = trace.graph.totals.macs <= MOST_MACS
    kinds = [layer for layer in (at, INPUT if is_near else None) if layer is not None and layer != name]
    told = [_told(attribution(trace, name, place, layer), number) for layer in kinds]
    return {"class": index, "layer": number[name], "place": place, "kinds": told}


def _told(found: Attribution, number: Mapping[str, int]) -> dict[str, Any]:
    """Its heat in rows from -SHADES to SHADES, and what may be said of it."""
    return {
        "at": number[found.at],
        "shape": found.signed.shape,
        "heat": _whole(found.heat),
        "largest": json_number(float(np.abs(found.signed[found.heat != 0]).max(initial=0.0))),
        "against": found.is_against,
        "lost": float(1 - np.isfinite(found.signed).mean()),
    }


def _whole(heat: Array) -> list[int]:
    numbers: list[int] = (heat * SHADES).round().astype(int).ravel().tolist()
    return numbers
