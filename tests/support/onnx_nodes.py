"""What the exporter writes, as nodes to read: from its expressions, and from the files that the package onnx reads."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.graph.graph import Step
from cnnspec.interop.onnx.expression import OperatorCall, Own, Value
from cnnspec.interop.onnx.node import OnnxNode, Operand

FEW = 16
"""Values of a stored tensor that a node knows: those that say a shape, not those that are learned."""


def from_call(call: OperatorCall, step: Step) -> OnnxNode:
    """The one call that a step's layer is."""
    return OnnxNode(call.op, tuple(_operand(value, step) for value in call.inputs), call.attributes)


def _operand(value: Value, step: Step) -> Operand | None:
    if isinstance(value, str):
        return Operand(step.arriving[step.inputs.index(value)]) if value else None
    if isinstance(value, Own):
        return Operand(value.shape or step.tensors[value.key].shape, is_stored=True)
    assert not isinstance(value, OperatorCall)
    array = np.asarray(value)
    return Operand(array.shape, True, tuple(map(float, array.ravel())))


def from_file(model: Any, name: str) -> OnnxNode:
    """The node of that name in a loaded model whose values all have shapes (N, ...)."""
    from onnx import helper, numpy_helper

    graph = model.graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    declared = [*graph.input, *graph.value_info, *graph.output]
    shapes = {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim[1:]) for v in declared}
    (node,) = (node for node in graph.node if node.name == name)
    given = {name: _read(array) for name, array in stored.items()}
    given |= {name: Operand(shape) for name, shape in shapes.items()}
    operands = tuple(given[name] if name else None for name in node.input)
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    spelled = {key: value.decode() if isinstance(value, bytes) else value for key, value in attributes.items()}
    return OnnxNode(node.op_type, operands, spelled)


def _read(array: np.ndarray[Any, Any]) -> Operand:
    values = tuple(map(float, array.ravel())) if prod(array.shape) <= FEW else ()
    return Operand(array.shape, True, values)
