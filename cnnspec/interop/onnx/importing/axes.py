"""The axes that a node names. ONNX counts from the front, or with negative numbers from behind, and no further.
https://onnx.ai/onnx/operators/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

STORED = {"Squeeze": 1, "Unsqueeze": 1, "Slice": 3, "Pad": 3, "CumSum": 1}
"""The input that holds axes since they are no attribute; of reductions it is the second."""

EACH = frozenset(
    {"Abs", "Cast", "Celu", "Clip", "Dropout", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity"}
    | {"LeakyRelu", "Log", "Mish", "Neg", "Reciprocal", "Relu", "Selu", "Shrink", "Sigmoid", "Softplus", "Softsign"}
    | {"Sqrt", "Swish", "Tanh", "ThresholdedRelu"}
)
"""Operators that compute each value of what arrives, wherever it stands."""
BROADCAST = frozenset({"Add", "Div", "Max", "Mean", "Min", "Mul", "PRelu", "Pow", "Sub", "Sum"})
"""Operators of several values that stand in the same place."""


def outside(op: str, said: Mapping[str, Any], rank: int, operand: Callable[[int], NDArray[Any] | None]) -> str:
    """Why an axis of a node whose first operand has `rank` axes is none of these; `""` where all are, or are not known.
    `operand` gives those that are stored."""
    perm = said.get("perm")
    if perm is not None and sorted(perm) != list(range(rank)):
        return f"its perm {list(perm)} is no order of the {rank} axes"
    told = said.get("axis", said.get("axes"))
    if told is None and (op in STORED or op.startswith("Reduce")):
        told = operand(STORED.get(op, 1))
    if told is None:
        return ""
    stored = np.ravel(told)
    if stored.dtype.kind not in "iu" and stored.size:
        return "its axes are no whole numbers"
    found = [int(axis) for axis in stored]
    axes = rank + (len(found) if op == "Unsqueeze" else int(op == "OneHot"))  # counted with those that it puts in
    last = axes - 1 + (op == "Flatten")  # that one names the place between two axes
    wrong = [axis for axis in found if not -axes <= axis <= last]
    return f"its axis {wrong[0]} is none of the {axes} axes, {-axes} to {last}" if wrong else ""


def channels_last(rank: int) -> tuple[int, ...]:
    """The order of axes that brings the channels behind rows and columns."""
    return (0, *range(2, rank), 1)


def channels_first(rank: int) -> tuple[int, ...]:
    """The order of axes that brings them back."""
    return (0, rank - 1, *range(1, rank - 1))
