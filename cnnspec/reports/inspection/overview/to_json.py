"""The layers' values as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...drawing.json_number import json_number
from .overview import LayerValues


def render(layers: Sequence[LayerValues], digits: int) -> str:
    """An object with a list of layers; numbers that JSON does not know become null, `digits` is for people alone."""
    return json.dumps({"layers": [_object(layer) for layer in layers]}, indent=2) + "\n"


def _object(layer: LayerValues) -> dict[str, object]:
    return {
        "name": layer.name,
        "kind": layer.kind or None,
        "shape": list(layer.shape),
        "min": json_number(layer.least),
        "mean": json_number(layer.mean),
        "max": json_number(layer.largest),
        "zeros": layer.zeros,
        "not_finite": layer.lost,
        "strongest_map": layer.strongest_map,
    }
