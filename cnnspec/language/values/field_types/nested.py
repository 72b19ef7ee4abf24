"""Types of fields that hold values: one value or two, a list, a section, a value for each name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Sequence as SequenceABC
from functools import partial
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ....diagnostics import Diagnostic, Failure
from ....diagnostics.suggest import SUGGESTED
from ...syntax.nodes import Mapping as MappingNode
from ...syntax.nodes import Node, Scalar, Sequence, mapping, sequence
from ..scope import Scope
from ..unknown_field import unknown_field
from ..validation import validate_model
from .contract import FieldType, Slot

if TYPE_CHECKING:
    from ..names import Names, Schema

ROWS = ("top", "bottom")
"""Keys of a section whose values are worked out for rows; all others are for columns."""


class List(FieldType):
    """A list of `size` items, or of any number of them but none."""

    rank = 3

    def __init__(self, item: FieldType, size: int | None = None) -> None:
        self.item = item
        self.size = size

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, Sequence)

    def read(self, node: Node, slot: Slot) -> tuple[Any, ...]:
        if not isinstance(node, Sequence):
            raise slot.unread(node)
        if not node.items:
            raise slot.wrong(node, "empty")
        if self.size is not None and len(node.items) != self.size:
            raise slot.wrong(node, f"a list of {len(node.items)}")
        return tuple(slot.along(min(i, 1)).of(self.item).read(item) for i, item in enumerate(node.items))

    def holds(self, value: Any) -> bool:
        return isinstance(value, tuple) and self.size in (None, len(value)) and all(map(self.item.holds, value))

    def write(self, value: Any) -> Node:
        return sequence(map(self.item.write, value))

    def descriptions(self) -> list[str]:
        if self.size is None:
            return [f"a list{self.item.each()}"]
        return [f"a list of {self.size}" + (self.item.each() if self.item.words else "")]

    def schemas(self, names: Names) -> list[Schema]:
        size = {"minItems": 1} if self.size is None else {"minItems": self.size, "maxItems": self.size}
        return [{"type": "array", "items": self.item.schema(names), **size}]

    def rewritten(self, node: Node) -> str:
        return f"[{node.text}]" if self.size is None and isinstance(node, Scalar) and node.plain else ""


class Pair(FieldType):
    """A list of two, or one value that stands for both. An empty value is no value that stands for both: it is a
    mistake also where nothing at all is an alternative."""

    rank = 3

    def __init__(self, item: FieldType) -> None:
        self.item = item
        self.list = List(item, 2)

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, Scalar | Sequence)

    def read(self, node: Node, slot: Slot) -> Any:
        """An argument that is a pair has a value for each axis, also within arithmetic."""
        rows, columns = (scope.along(axis) for axis, scope in enumerate(slot.axes))
        if not isinstance(node, Scalar):
            return self.list.read(node, slot._replace(axes=(rows, columns)))
        if rows is slot.scope:
            return slot.of(self.item).read(node)
        return tuple(Slot(slot.name, self.item, (scope, scope)).read(node) for scope in (rows, columns))

    def holds(self, value: Any) -> bool:
        return self.list.holds(value)

    def write(self, value: Any) -> Node:
        rows, columns = value
        return self.item.write(rows) if rows == columns else self.list.write(value)

    def descriptions(self) -> list[str]:
        return [self.item.describe(), *self.list.descriptions()]

    def schemas(self, names: Names) -> list[Schema]:
        return [*self.item.schemas(names), *self.list.schemas(names)]


class Section(FieldType):
    """A mapping of the fields of a pydantic model, whose types `fields` gives by their names in YAML."""

    rank = 4

    def __init__(self, model: type[BaseModel], fields: Callable[[], Mapping[str, FieldType]]) -> None:
        self.model: type[BaseModel] = model
        self.fields = fields

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, MappingNode)

    def read(self, node: Node, slot: Slot) -> dict[str, Any]:
        if not isinstance(node, MappingNode):
            raise slot.unread(node)
        known = self.fields()
        values = {}
        found: list[Diagnostic] = []
        for key, item in node.items:
            if key.text not in known:
                found.append(unknown_field(key, node, list(known), suggest=len(found) < SUGGESTED))
                continue
            axes = slot.along(0 if key.text in ROWS else 1).axes
            try:
                values[key.text] = Slot(key.text, known[key.text], axes).read(item)
            except Failure as failure:
                found.extend(failure.diagnostics)
        if found:
            # What seems to be missing may be what was misspelt.
            raise Failure(found + [d for d in validate_model(self.model, values, node)[1] if d.code != "E103"])
        return values

    def holds(self, value: Any) -> bool:
        return isinstance(value, self.model)

    def write(self, value: Any) -> MappingNode:
        """The fields of a model, those left out that have their default."""
        defaults = self.defaults()
        return mapping((key, node) for key, node in self.nodes(value).items() if node != defaults.get(key))

    def nodes(self, value: BaseModel) -> dict[str, Node]:
        """All fields of a model."""
        known = self.fields()
        return {key: known[key].write(getattr(value, name)) for key, name in self._names()}

    def defaults(self) -> dict[str, Node]:
        """What the fields are that need not be written."""
        known, infos = self.fields(), self.model.model_fields
        return {
            key: known[key].write(infos[name].get_default(call_default_factory=True))
            for key, name in self._names()
            if not infos[name].is_required()
        }

    def _names(self) -> list[tuple[str, str]]:
        """What each field is called in YAML and in the model."""
        return [(info.alias or name, name) for name, info in self.model.model_fields.items()]

    def descriptions(self) -> list[str]:
        return [f"a mapping of {', '.join(self.fields())}"]

    def schemas(self, names: Names) -> list[Schema]:
        known = self.fields()
        properties = {}
        for name, info in self.model.model_fields.items():
            key = info.alias or name
            properties[key] = known[key].schema(names) | _extra(info.json_schema_extra)
            if info.description:
                properties[key]["description"] = info.description
            default = info.get_default(call_default_factory=True)
            if default is not None and not info.is_required():
                properties[key]["default"] = _plain(default)
        required = [info.alias or name for name, info in self.model.model_fields.items() if info.is_required()]
        return [
            {
                "type": "object",
                "description": cleandoc(self.model.__doc__ or ""),
                "properties": properties,
                "additionalProperties": False,
                **({"required": required} if required else {}),
                **_extra(self.model.model_config.get("json_schema_extra")),
            }
        ]

    def rewritten(self, node: Node) -> str:
        """Whole numbers, `1x28x28` or `[1, 28, 28]`, with a key each, where it is plain which one each of them has."""
        if isinstance(node, Scalar):
            return self._keyed(re.split(r"\s*[x*,]\s*|\s+", node.text.strip("()[] ")))
        items: SequenceABC[Node] = node.items if isinstance(node, Sequence) else ()
        return self._keyed([item.text if isinstance(item, Scalar) else "" for item in items])

    def _keyed(self, values: SequenceABC[str]) -> str:
        keys = list(self.fields())
        if not all(value.isdecimal() and value.isascii() for value in values):
            return ""
        order_of = getattr(self.model, "order_of", None) or partial(_alike, len(keys))
        order = order_of([int(value) for value in values])
        if order is None:
            return ""
        return f"{{{', '.join(f'{key}: {values[place]}' for key, place in zip(keys, order, strict=False))}}}"


class ByName(FieldType):
    """A mapping with a value of one type for each name."""

    rank = 4

    def __init__(self, item: FieldType) -> None:
        self.item = item

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, MappingNode)

    def read(self, node: Node, slot: Slot) -> dict[str, Any]:
        if not isinstance(node, MappingNode):
            raise slot.unread(node)
        return {key.text: Slot(key.text, self.item, slot.axes).read(item) for key, item in node.items}

    def holds(self, value: Any) -> bool:
        return isinstance(value, dict) and all(map(self.item.holds, value.values()))

    def write(self, value: Any) -> Node:
        return mapping((name, self.item.write(item)) for name, item in value.items())

    def descriptions(self) -> list[str]:
        return [f"a mapping with {self.item.describe()} for each name"]

    def schemas(self, names: Names) -> list[Schema]:
        return [{"type": "object", "additionalProperties": self.item.schema(names)}]


def _extra(said: object) -> Schema:
    """What a field or a model adds to its schema: how fields go together, which their types cannot say."""
    return dict(said) if isinstance(said, dict) else {}


def _plain(default: Any) -> Any:
    if isinstance(default, BaseModel):
        return default.model_dump(exclude_defaults=True)
    if isinstance(default, tuple):
        return default[0] if len(set(default)) == 1 else list(default)
    return default


def _alike(keys: int, values: SequenceABC[int]) -> SequenceABC[int] | None:
    """Which of some values each of so many keys has in turn: plain only where they are equal."""
    return range(keys) if len(values) == keys and len(set(values)) == 1 else None
