"""The axes that a node names. ONNX counts from the front, or with negative numbers from behind, and no further.

https://onnx.ai/onnx/operators/: "Accepted range is [-r, r-1] where r = rank(input)".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

STORED = {"Squeeze": 1, "Unsqueeze": 1, "Slice": 3, "Pad": 3, "CumSum": 1}
"""The input that holds axes since they are no attribute; of reductions it is the second."""


def outside(
    op: str, inputs: tuple[str, ...], said: Mapping[str, Any], rank: int, constants: Mapping[str, NDArray[Any]]
) -> str:
    """Why an axis of a node over a value of `rank` axes is none of these; `""` where all are, or are not known."""
    told = said.get("axis", said.get("axes"))
    index = STORED.get(op, 1 if op.startswith("Reduce") else len(inputs))
    if told is None and index < len(inputs):
        told = constants.get(inputs[index])
    if told is None:
        return ""
    stored = np.ravel(told)
    if stored.dtype.kind not in "iu" and stored.size:
        return "its axes are no whole numbers"
    found = [int(axis) for axis in stored]
    axes = rank + (len(found) if op == "Unsqueeze" else 0)
    last = axes - 1 + (op == "Flatten")  # that one names the place between two axes
    wrong = [axis for axis in found if not -axes <= axis <= last]
    return f"its axis {wrong[0]} is none of the {axes} axes, {-axes} to {last}" if wrong else ""
