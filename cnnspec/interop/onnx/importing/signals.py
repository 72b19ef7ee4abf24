"""Signals (N, C, W), which become images of one row.

Each value of three axes gets a fourth one, of length 1 between its channels and its cells, and what nodes say of axes
is said of four. Values of other ranks stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .axes_of_one import dropped
from .static import Node, StaticModel

SIGNAL = 3
PLACES = {0: 0, 1: 1, 2: 3}
"""Where the axes of a signal lie in an image of one row."""


def as_images(nodes: list[Node], model: StaticModel) -> list[Node]:
    """The nodes over vectors and images alone, which all that arrives and is made becomes."""
    dropped(nodes, model)
    signals = {name for name, shape in model.shapes.items() if len(shape) == SIGNAL}
    turned = [_node(node, model) if not node.kind and signals.intersection(node.inputs) else node for node in nodes]
    for name in signals:
        model.shapes[name] = _shape(model.shapes[name])
    return turned


def _node(node: Node, model: StaticModel) -> Node:
    said = {name: AXES[name](value) if name in AXES else value for name, value in node.attributes.items()}
    operands = OPERANDS.get(node.op, ())
    inputs = []
    for i, name in enumerate(node.inputs):
        array = model.constants.get(name)
        rule = operands[i] if i < len(operands) else _stored
        if array is None or rule is None:
            inputs.append(name)
            continue
        turned = rule(array)
        inputs.append(name if turned is array else model.hold(f"{node.output}/{i}", turned, name))
    if node.op == "Slice" and len(inputs) == 3 and "axes" not in said:
        inputs.append(model.hold(f"{node.output}/axes", np.array([PLACES[i] for i in range(SIGNAL)], np.int64)))
    return replace(node, inputs=tuple(inputs), attributes=said)


def _shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:2], 1, *shape[2:])


def _axis(axis: int) -> int:
    return PLACES[axis % SIGNAL]


def _axes(axes: Any) -> list[int]:
    return [_axis(int(axis)) for axis in axes]


def _row(values: Any) -> list[int]:
    """A window's size, or stride, along the cells."""
    return [1, *values] if len(values) == 1 else list(values)


def _around(pads: Any) -> list[int]:
    """Before and after the cells, or those of all axes."""
    values = list(pads)
    half = len(values) // 2
    if half not in (1, SIGNAL):
        return values
    sides = (values[:half], values[half:])
    return [cells for side in sides for cells in ([0, *side] if half == 1 else [*side[:2], 0, *side[2:]])]


def _order(perm: Any) -> list[int]:
    """The row of a signal stays where it is."""
    if len(perm) != SIGNAL:
        return list(perm)
    turned = [_axis(axis) for axis in perm]
    return [*turned[:2], 2, *turned[2:]]


AXES: dict[str, Callable[[Any], Any]] = {
    "axis": _axis,
    "axes": _axes,
    "kernel_shape": _row,
    "strides": _row,
    "dilations": _row,
    "output_padding": _row,
    "pads": _around,
    "paddings": _around,
    "perm": _order,
}
"""What attributes say of axes."""
Rule = Callable[[NDArray[Any]], NDArray[Any]]


def _stored(array: NDArray[Any]) -> NDArray[Any]:
    """Numbers that go with the values of a signal."""
    if array.ndim == SIGNAL:
        return array[:, :, None]
    return array[:, None] if array.ndim == 2 else array


def _whole(rule: Callable[[Any], list[int]]) -> Rule:
    return lambda array: np.array(rule(array.ravel().tolist()), np.int64)


def _scales(array: NDArray[Any]) -> NDArray[Any]:
    """Sizes or factors of all axes."""
    return np.insert(array, 2, 1) if array.size == SIGNAL else array


OPERANDS: dict[str, tuple[Rule | None, ...]] = {
    "Conv": (None, _stored, None),
    "ConvTranspose": (None, _stored, None),
    "BatchNormalization": (None,) * 5,
    "Clip": (None,) * 3,
    "Dropout": (None,) * 3,
    "InstanceNormalization": (None,) * 3,
    "MatMul": (None, None),
    "Pad": (None, _whole(_around), None, _whole(_axes)),
    "ReduceMax": (None, _whole(_axes)),
    "ReduceMean": (None, _whole(_axes)),
    "ReduceSum": (None, _whole(_axes)),
    "Reshape": (None, None),
    "Resize": (None, None, _scales, _scales),
    "Slice": (None, None, None, _whole(_axes), None),
    "Split": (None, None),
    "Squeeze": (None, None),
    "Unsqueeze": (None, None),
    "Upsample": (None, _scales),
}
"""How stored operands are said of four axes; others go with the values."""
