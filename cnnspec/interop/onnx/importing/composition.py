"""The nodes that an operator becomes which is several layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .static import Node, StaticModel

IMAGE = 4


class Composition:
    """The nodes that stand for one. Values between them are called after what it makes."""

    def __init__(self, node: Node, model: StaticModel) -> None:
        self.node = node
        self.model = model
        self.nodes: list[Node] = []

    def shape(self, name: str) -> tuple[int, ...]:
        return self.model.shapes.get(name, ())

    def array(self, index: int) -> NDArray[Any] | None:
        """A stored operand."""
        return self.model.constant(self.node, index)

    def hold(self, array: NDArray[Any], origin: str = "") -> str:
        name = f"{self.node.output}/part{len(self.nodes)}_{len(self.model.constants)}"
        return self.model.hold(name, np.asarray(array), origin)

    def make(self, op: str, inputs: Iterable[str], shape: tuple[int, ...], kind: str = "", **said: Any) -> str:
        """One more node, and what its value is called."""
        name = f"{self.node.output}/value{len(self.nodes)}"
        self.nodes.append(Node(op, self.node.name, tuple(inputs), (name,), said, kind))
        self.model.shapes[name] = shape
        return name

    def layer(self, kind: str, inputs: Iterable[str], shape: tuple[int, ...], **fields: Any) -> str:
        return self.make("", inputs, shape, kind, **fields)

    def channels(self, x: str, start: int, end: int) -> str:
        """Some channels of an image, or of what becomes one."""
        bounds = (self.hold(np.array([value], np.int64)) for value in (start, end, 1))
        return self.make("Slice", [x, *bounds], (1, end - start, *self.shape(x)[-2:]))

    def reshape(self, x: str, shape: tuple[int, ...]) -> str:
        return self.make("Reshape", [x, self.hold(np.array(shape, np.int64))], shape)

    def transpose(self, x: str, perm: tuple[int, ...]) -> str:
        shape = self.shape(x)
        return self.make("Transpose", [x], tuple(shape[axis] for axis in perm), perm=list(perm))

    def times(self, x: str, factor: float) -> str:
        return self.make("Mul", [x, self.hold(np.array(factor, np.float32))], self.shape(x))

    def image(self, x: str) -> str:
        """A vector as an image of one cell."""
        shape = self.shape(x)
        return self.reshape(x, (*shape, 1, 1)) if len(shape) == 2 else x

    def as_channels(self, x: str, axes: tuple[int, ...], layer: Callable[[str], str]) -> str:
        """A layer over channels, of which there is one for each cell along some axes."""
        shape = self.shape(x)
        kept = tuple(axis for axis in (1, 2, 3) if axis not in axes)
        order = (0, *axes, *kept)
        turned = self.transpose(x, order)
        if len(axes) == 1:
            return self.transpose(layer(turned), tuple(order.index(axis) for axis in range(IMAGE)))
        gathered = prod(shape[axis] for axis in axes)
        done = layer(self.reshape(turned, (1, gathered, 1, prod(shape[1:]) // gathered)))
        back = self.reshape(done, self.shape(turned))
        return self.transpose(back, tuple(order.index(axis) for axis in range(IMAGE)))

    def reduced(self, x: str, axes: tuple[int, ...], op: str, after: tuple[int, ...]) -> str:
        """One value of all cells along some axes, in a shape."""
        shape = self.shape(x)
        kept = tuple(axis for axis in (1, 2, 3) if axis not in axes)
        left = prod(shape[axis] for axis in kept)
        flat = x
        if axes != (2, 3):
            flat = self.reshape(self.transpose(x, (0, *kept, *axes)), (1, left, 1, prod(shape[1:]) // left))
        said: dict[str, Any] = {"p": 2} if op == "GlobalLpPool" else {}
        return self.reshape(self.make(op, [flat], (1, left, 1, 1), **said), after)

    def end(self, name: str) -> list[Node]:
        """All nodes, of which the last makes what the node made."""
        *before, last = self.nodes
        assert last.output == name
        return [*before, Node(last.op, last.name, last.inputs, self.node.outputs[:1], last.attributes, last.kind)]


Rule = Callable[[Composition], "str | None"]
"""Writes nodes in place of one, and says what the last of them makes; None where that stays as it is."""


def spread_over(stored: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Stored numbers, one for each cell of a shape; None where they do not fit it."""
    try:
        return np.broadcast_to(stored, shape)
    except ValueError:
        return None
