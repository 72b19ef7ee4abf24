"""A node of a file as the table of operators reads it: shapes without the batch, few values."""

from __future__ import annotations

from ..node import OnnxNode, Operand
from .parameters import is_parameter
from .static import Node, StaticModel

FEW = 64
"""Values of a stored tensor that are looked at, at most: those that say a shape, not those that are learned."""


def of(node: Node, model: StaticModel) -> OnnxNode:
    """The node with what it is given. The shapes of what is computed must be known."""
    return OnnxNode(node.op, tuple(_operand(name, model) for name in node.inputs), node.attributes)


def _operand(name: str, model: StaticModel) -> Operand | None:
    if not name:
        return None
    array = model.constants.get(name)
    if array is None:
        return Operand(model.shapes[name][1:])
    values = tuple(map(float, array.ravel())) if array.size <= FEW and array.dtype.kind in "fiub" else ()
    return Operand(array.shape, True, values, is_parameter(name, model))
