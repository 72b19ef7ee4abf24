"""A model's nodes as patterns ask for them: what makes a value, who else reads it, what is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from .static import Node, StaticModel


class Neighbours:
    """Looks nodes up by the values between them. Files of `ours` call nodes and tensors after layers."""

    def __init__(self, model: StaticModel, ours: bool) -> None:
        self.model = model
        self.ours = ours
        self.makers = {name: node for node in model.nodes for name in node.outputs if name}
        self.reads = Counter(name for node in model.nodes for name in node.inputs)
        self.reads.update(model.outputs)

    def inner(self, name: str, *ops: str) -> Node | None:
        """The node that makes a value which is read once, if it is one of some operators."""
        node = self.makers.get(name)
        return node if node and self.reads[name] == 1 and (not ops or node.op in ops) else None

    def shape(self, name: str) -> tuple[int, ...]:
        return self.model.shapes.get(name, ())

    def array(self, node: Node, index: int) -> NDArray[Any] | None:
        return self.model.constant(node, index)

    def parted(self, node: Node) -> tuple[str, str] | None:
        """Of two operands the computed one and the stored one."""
        if len(node.inputs) != 2 or len({self.is_stored(name) for name in node.inputs}) != 2:
            return None
        first, second = node.inputs
        return (second, first) if self.is_stored(first) else (first, second)

    def per_channel(self, name: str, like: tuple[int, ...]) -> NDArray[Any] | None:
        """Stored numbers, one a channel of a shape (N, C, ...)."""
        array = self.model.constants[name]
        wanted = {(like[1], *(1 for _ in like[2:])), (1, like[1], *(1 for _ in like[2:]))}
        return array.reshape(-1) if array.shape in wanted or (len(like) == 2 and array.shape == (like[1],)) else None

    def is_stored(self, name: str) -> bool:
        return name in self.model.constants

    def layer(self, node: Node, kind: str, fields: dict[str, Any], *inputs: str) -> Node:
        """A layer over some values, in place of a node."""
        return replace(node, kind=kind, attributes=fields, inputs=inputs, outputs=node.outputs[:1])
