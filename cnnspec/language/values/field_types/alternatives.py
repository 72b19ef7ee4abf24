"""Types of fields around others: one of several, or one that is read along each axis of the image."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ....diagnostics import NOWHERE
from ...syntax.nodes import Node, Scalar, word
from ..scope import Scope
from .contract import FieldType, Slot
from .scalars import NOTHING, Null, Text

if TYPE_CHECKING:
    from ..names import Names, Schema


EMPTY = Scalar("", True, NOWHERE)


class Union(FieldType):
    """One of several types: the first that reads a node. Its complaints tell of all of them."""

    def __init__(self, types: Sequence[FieldType]) -> None:
        self.types = tuple(sorted(types, key=attrgetter("rank")))
        # Nothing at all is asked last: to a pair an empty value is a mistake.
        self.asked = tuple(sorted(self.types, key=lambda type: isinstance(type, Null)))
        self.words = frozenset[str]().union(*(type.words for type in types))
        self.model = next((type.model for type in types if type.model), None)

    def reads(self, node: Node, scope: Scope) -> bool:
        return any(type.reads(node, scope) for type in self.types)

    def read(self, node: Node, slot: Slot) -> Any:
        if self._says_nothing(node):
            return None
        for type in self.asked:
            if type.reads(node, slot.scope):
                return type.read(node, slot)
        raise slot.unread(node)

    def _says_nothing(self, node: Node) -> bool:
        """Whether a node is the manual's word for nothing at all, where it is no text and no other word."""
        takes_text = any(isinstance(type, Text) for type in self.types)
        is_word = isinstance(node, Scalar) and node.text == NOTHING
        return is_word and isinstance(self.asked[-1], Null) and not takes_text and NOTHING not in self.words

    def holds(self, value: Any) -> bool:
        return any(type.holds(value) for type in self.types)

    def write(self, value: Any) -> Node:
        return next(type for type in self.types if type.holds(value)).write(value)

    def descriptions(self) -> list[str]:
        return [way for type in self.types for way in type.descriptions()]

    def schemas(self, names: Names) -> list[Schema]:
        takes_empty = any(type.reads(EMPTY, Scope()) for type in self.types if not isinstance(type, Null))
        types = [type for type in self.types if not (takes_empty and isinstance(type, Null))]
        ways = [way for type in types for way in type.schemas(names)]
        return [*ways, {"const": NOTHING}] if self._says_nothing(word(NOTHING)) else ways

    def rewritten(self, node: Node) -> str:
        return next(filter(None, (type.rewritten(node) for type in self.types)), "")


class EachAxis(FieldType):
    """A type that is read in the scope of rows and in that of columns, whose letters differ; two values where the
    two differ, else one."""

    per_axis = True

    def __init__(self, type: FieldType) -> None:
        self.type = type
        self.words = type.words
        self.model = type.model

    def reads(self, node: Node, scope: Scope) -> bool:
        return self.type.reads(node, scope)

    def read(self, node: Node, slot: Slot) -> Any:
        if not isinstance(node, Scalar):
            return self.type.read(node, slot)  # a list or a section knows which axis each of its values is for
        rows, columns = (self.type.read(node, slot.along(axis)) for axis in (0, 1))
        return rows if rows == columns else (rows, columns)

    def holds(self, value: Any) -> bool:
        return self.type.holds(value)

    def write(self, value: Any) -> Node:
        return self.type.write(value)

    def descriptions(self) -> list[str]:
        return self.type.descriptions()

    def schemas(self, names: Names) -> list[Schema]:
        return self.type.schemas(names.per_axis())

    def rewritten(self, node: Node) -> str:
        return self.type.rewritten(node)
