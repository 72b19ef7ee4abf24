"""A node of an ONNX graph as it is read: what it is given, with shapes known. The package `onnx` is not needed."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...graph.shape import Shape

DEFAULTS: dict[str, dict[str, Any]] = {
    "AveragePool": {"ceil_mode": 0, "count_include_pad": 0},
    "BatchNormalization": {"epsilon": 1e-5, "momentum": 0.9},
    "Celu": {"alpha": 1.0},
    "Conv": {"group": 1},
    "ConvTranspose": {"group": 1},
    "DepthToSpace": {"mode": "DCR"},
    "Elu": {"alpha": 1.0},
    "Flatten": {"axis": 1},
    "Gemm": {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0},
    "GlobalLpPool": {"p": 2},
    "HardSigmoid": {"alpha": 0.2, "beta": 0.5},
    "InstanceNormalization": {"epsilon": 1e-5},
    "LRN": {"alpha": 1e-4, "beta": 0.75, "bias": 1.0},
    "LpPool": {"ceil_mode": 0, "p": 2},
    "LayerNormalization": {"axis": -1, "epsilon": 1e-5},
    "LeakyRelu": {"alpha": 0.01},
    "LogSoftmax": {"axis": -1},
    "MaxPool": {"ceil_mode": 0},
    "Pad": {"mode": "constant"},
    "Resize": {
        "antialias": 0,
        "coordinate_transformation_mode": "half_pixel",
        "cubic_coeff_a": -0.75,
        "exclude_outside": 0,
        "mode": "nearest",
        "nearest_mode": "round_prefer_floor",
    },
    "Selu": {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805},
    "Softmax": {"axis": -1},
    "ThresholdedRelu": {"alpha": 1.0},
}
"""What an attribute is that a node leaves out (Operators.md, as of opset 17)."""


class Operand(NamedTuple):
    """What a node is given: a computed tensor, its `shape` without the batch, or a stored one with its whole shape.

    `values` are those of a stored tensor in a row; weights may leave them out. A `is_parameter` one is called by its
    layer, which has it whatever its values are.
    """

    shape: Shape
    is_stored: bool = False
    values: tuple[float, ...] = ()
    is_parameter: bool = False

    @property
    def whole(self) -> tuple[int, ...]:
        """The values as whole numbers."""
        return tuple(map(int, self.values))


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """An operator with its operands, None where an optional one is left out, and the attributes that are written."""

    op: str
    operands: tuple[Operand | None, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """An attribute, written or by default; None for one without a default."""
        return self.attributes.get(name, DEFAULTS.get(self.op, {}).get(name))

    @property
    def arriving(self) -> tuple[Shape, ...]:
        """The shapes of what is computed."""
        return tuple(operand.shape for operand in self.operands if operand and not operand.is_stored)

    @property
    def stored(self) -> tuple[Operand, ...]:
        """What is stored, if it stands behind all that is computed; else it is the layer's in no simple way."""
        last = next((i for i, operand in enumerate(self.operands) if operand and operand.is_stored), len(self.operands))
        return tuple(operand for operand in self.operands[last:] if operand)

    def says(self, name: str, value: Any) -> bool:
        """Whether an attribute has a value; numbers as float32, an axis also when it is counted from behind."""
        own = self[name]
        if name == "axis" and own is not None:
            return bool(own % (1 + len(self.arriving[0])) == value)
        return (
            bool(single(own) == single(value)) if isinstance(value, float) and own is not None else bool(own == value)
        )


def single(value: float) -> bytes:
    """The float32 that stands in the file."""
    return struct.pack("<f", value)


def shortest(value: float) -> float:
    """The number with the fewest digits that is this one in float32: a file's 0.10000000149 was 0.1."""
    digits = (float(f"{value:.{count}g}") for count in range(1, 10))
    return next((number for number in digits if single(number) == single(value)), value)
