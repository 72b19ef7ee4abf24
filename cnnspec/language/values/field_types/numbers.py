"""The type of a field that is an array, written as lists of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ....diagnostics import Diagnostic, Failure
from ...syntax.nodes import Node, Sequence, sequence
from ..array_literal import ArrayLiteral
from ..scope import Scope
from .contract import FieldType, Slot
from .scalars import Number

if TYPE_CHECKING:
    from ..names import Names, Schema

DEPTH = 4
"""Lists in lists at most: a weight has the axes K, C, FH and FW."""


class Numbers(FieldType):
    """Lists of numbers, in lists of lists that are equally long, as an `ArrayLiteral`."""

    rank = 3

    def __init__(self) -> None:
        self.number = Number(is_whole=False)

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, Sequence)

    def read(self, node: Node, slot: Slot) -> ArrayLiteral:
        if not isinstance(node, Sequence):
            raise slot.unread(node)
        shape = tuple(_lengths(node))
        if len(shape) > DEPTH:
            raise slot.wrong(node, f"a list {len(shape)} deep")
        return ArrayLiteral(shape, tuple(self._values(node, shape, slot)))

    def _values(self, node: Node, shape: tuple[int, ...], slot: Slot) -> Iterator[float]:
        """The numbers in a list of this shape, in the order of the text."""
        if isinstance(node, Sequence) and not node.items:
            raise slot.wrong(node, "empty")
        if not shape:
            if isinstance(node, Sequence):
                raise slot.wrong(node, "a list among numbers")
            yield slot.of(self.number).read(node)
            return
        if not isinstance(node, Sequence):
            raise slot.wrong(node, "a number among lists")
        if len(node.items) != shape[0]:
            raise _uneven(node, shape[0], slot)
        for item in node.items:
            yield from self._values(item, shape[1:], slot)

    def holds(self, value: Any) -> bool:
        return isinstance(value, ArrayLiteral)

    def write(self, value: Any) -> Node:
        nodes: list[Node] = [self.number.write(number) for number in value.values]
        for size in reversed(value.shape):
            nodes = [sequence(nodes[i : i + size]) for i in range(0, len(nodes), size)]
        return nodes[0]

    def descriptions(self) -> list[str]:
        return ["lists of numbers"]

    def schemas(self, names: Names) -> list[Schema]:
        """That lists beside each other are equally long cannot be said."""
        ways: list[Schema] = []
        item = self.number.schema(names)
        for _ in range(DEPTH):
            ways.append({"type": "array", "items": item, "minItems": 1})
            item = ways[-1]
        return ways


def _lengths(node: Node) -> Iterator[int]:
    """The length of a list, of its first list, of the first one in that."""
    while isinstance(node, Sequence) and node.items:
        yield len(node.items)
        node = node.items[0]


def _uneven(node: Sequence, length: int, slot: Slot) -> Failure:
    """A list of another length than the first one beside it."""
    label = f"this one has {len(node.items)}, the first one {length}"
    return Failure([Diagnostic("E104", f"lists in `{slot.name}` differ in length", span=node.span, label=label)])
