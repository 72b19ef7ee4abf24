"""A layer kind in ONNX, said once for both ways: the rule that writes it and the one that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...graph.graph import Step
from .expression import OperatorCall, WriteRule, call, own
from .node import OnnxNode, shortest

Fields = dict[str, Any]
ReadRule = Callable[[OnnxNode], "Fields | None"]
"""From a node to the fields of a layer that computes the same; None when there is none of the kind."""


@dataclass(frozen=True, slots=True)
class Translation:
    """How layers of a kind are written; for those that one operator can be, also how they are read.

    `read` is asked about nodes of `op`, or `other_op`, whose attributes are all among `attributes`, with something
    computed first.
    """

    write: WriteRule
    op: str = ""
    read: ReadRule | None = None
    attributes: frozenset[str] = frozenset()
    other_op: str = ""


def both_ways(write: WriteRule, op: str, read: ReadRule, *attributes: str) -> Translation:
    """A kind with rules of its own."""
    return Translation(write, op, read, frozenset(attributes))


def direct(
    op: str, fields: Mapping[str, str] | None = None, tensors: int = 0, branches: bool = False, **fixed: Any
) -> Translation:
    """A kind that ONNX has: `fields` is from attributes to the layer's fields, all of them numbers, and the other
    attributes are `fixed`. So many stored `tensors` follow what is computed, one input unless it has `branches`."""
    named = fields or {}

    def write(layer: Any, step: Step) -> OperatorCall:
        given = {attribute: getattr(layer, field) for attribute, field in named.items()}
        return call(op, *step.inputs, *own(step), **fixed, **given)

    def read(node: OnnxNode) -> Fields | None:
        if len(node.stored) != tensors or (len(node.arriving) != 1 and not branches):
            return None
        if not all(node.says(name, value) for name, value in fixed.items()):
            return None
        return {field: _number(node[attribute]) for attribute, field in named.items()}

    return both_ways(write, op, read, *fixed, *named)


def _number(value: float) -> float:
    return shortest(value) if isinstance(value, float) else value
