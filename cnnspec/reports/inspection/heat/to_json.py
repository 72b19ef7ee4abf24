"""Where a network looked, for programs."""

from __future__ import annotations

import json

import numpy as np

from ....graph.array import Array
from ....graph.graph import INPUT
from ...drawing.json_number import json_number
from ..attribution import Attribution


def render(found: Attribution, class_name: str) -> str:
    """A JSON object. `signed` has a row of numbers for each row of the maps, null for what is not finite; `weights` one
    number a map, null for the input gradient."""
    record = {
        "layer": found.name,
        "place": list(found.place),
        "value": json_number(found.value),
        "class": class_name or None,
        "method": "input gradient" if found.at == INPUT else "grad-cam",
        "at": found.at,
        "shape": list(found.maps.shape),
        "weights": None if found.weights is None else _numbers(found.weights),
        "signed": [_numbers(row) for row in found.signed],
        "all_against": found.is_against,
    }
    return json.dumps(record, indent=2, allow_nan=False) + "\n"


def _numbers(values: Array) -> list[float | None]:
    return [json_number(float(value)) for value in np.asarray(values)]
