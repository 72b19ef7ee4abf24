"""Lists of layers -> JSON Schema: words, mappings with one layer key, joins, uses of blocks."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from itertools import combinations
from typing import Annotated

from pydantic import Field

from ...graph.layer import Count, Join, Layer
from ...layers import find, kinds
from .. import keywords
from ..document.document import RESERVED
from ..document.pairs import FLAGS
from ..document.resolver import NAME
from ..document.siblings import SIBLINGS
from ..elaboration.binding import REPEATS
from ..syntax.tree import LENGTH, Block
from ..values.expression import IDENTIFIER
from ..values.field_types import field_type
from ..values.names import Names, Schema, expression, reference

WORD: Schema = {"type": ["string", "number"], "pattern": f"^{NAME.pattern}$", "maxLength": LENGTH}
"""A layer's name."""
SHAPE = field_type(tuple[Count, ...])
REPEAT = field_type(Annotated[int, Field(ge=1, le=REPEATS)])


@dataclass(frozen=True, slots=True)
class Place:
    """A place where layers stand. Its definitions end with `suffix`, those of layers' fields with `fields`.

    `blocks` are those that may be used: None for any, as long as it is no layer kind.
    """

    suffix: str
    fields: str
    names: Names
    blocks: Mapping[str, Block] | None

    @property
    def item(self) -> Schema:
        return reference(f"item{self.suffix}")

    @property
    def items(self) -> Schema:
        return {"type": "array", "items": self.item}


def definitions(place: Place) -> dict[str, Schema]:
    """Everything that `place.item` refers to."""
    found = {f"item{place.suffix}": _item(place), f"branches{place.suffix}": _branches(place)}
    found |= {names.title: expression(names) for names in (place.names, place.names.per_axis())}
    for kind in kinds():
        if not issubclass(find(kind), Join):
            found[_fields(kind, place)] = _layer(kind, place.names)
    return found


def _fields(kind: str, place: Place) -> str:
    """The name under which a layer's fields are defined."""
    return kind + place.fields if find(kind).model_fields else kind


def _item(place: Place) -> Schema:
    return {"description": "A layer.", "anyOf": [_word(place), _mapping(place)]}


def _word(place: Place) -> Schema:
    """Layers and blocks that need nothing; in a block, arguments that hold layers."""
    needy = [kind for kind in kinds() if _needs_fields(find(kind))]
    if place.blocks is None:
        return {"type": "string", "pattern": f"^{NAME.pattern}$", "not": {"enum": needy}}
    words = [kind for kind in kinds() if kind not in needy]
    words += [name for name, block in place.blocks.items() if not _required(block)]
    return {"enum": words + [name for name in place.names.arguments or () if name not in words]}


def _needs_fields(layer: type[Layer]) -> bool:
    return issubclass(layer, Join) or any(info.is_required() for info in layer.model_fields.values())


def _required(block: Block) -> list[str]:
    return [name for name, (_, default) in block.arguments.items() if default is None]


def _mapping(place: Place) -> Schema:
    properties = {kind: _body(kind, place) for kind in kinds()}
    properties |= {name: _call(block, place) for name, block in (place.blocks or {}).items()}
    beside = {
        "name": WORD,
        "repeat": REPEAT.schema(place.names),
        "expect": SHAPE.schema(place.names),
    }
    properties |= {key: schema | {"description": keywords.BESIDE[key]} for key, schema in beside.items()}
    properties["from"] = WORD | {"description": keywords.FROM}
    any_other = _any_call(place) if place.blocks is None else False
    joins = {kind: _fields_beside(kind, place) for kind in kinds() if issubclass(find(kind), Join)}
    joins = {kind: fields for kind, fields in joins.items() if fields}
    beside_joins = dict.fromkeys(field for fields in joins.values() for field in fields)
    otherwise = {field: properties.get(field, any_other) for field in beside_joins}
    properties |= {field: {} for field in beside_joins}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": any_other,
        **_one_beside(SIBLINGS, joins),
        "allOf": [
            {"if": {"required": ["from"]}, "then": {"maxProperties": 1}},
            {"if": {"required": ["repeat"]}, "then": {"propertyNames": {"not": {"enum": list(kinds())}}}},
            *({"if": {"required": [kind]}, "then": {"properties": fields}} for kind, fields in joins.items()),
            {"if": {"not": {"anyOf": [{"required": [kind]} for kind in joins]}}, "then": {"properties": otherwise}},
        ],
    }


def _fields_beside(kind: str, place: Place) -> Schema:
    """The fields of a join."""
    fields: Schema = field_type(find(kind)).schema(place.names)["properties"]
    return fields


def _one_beside(siblings: tuple[str, ...], joins: Mapping[str, Schema]) -> Schema:
    """Exactly one key that is no sibling and no field of a join that is there: not siblings alone, and one key more
    than there are siblings and fields at most."""
    ways = [(some, some) for some in _some(siblings)]
    for kind, fields in joins.items():
        ways += [(some, (kind, *some)) for some in _some((*siblings, *fields)) if not set(siblings).issuperset(some)]
    return {
        "not": {"propertyNames": {"enum": list(siblings)}},
        "anyOf": [{"required": list(required), "maxProperties": len(some) + 1} for some, required in ways],
    }


def _some(keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Some of the keys, in every way."""
    return [some for n in range(len(keys) + 1) for some in combinations(keys, n)]


def _body(kind: str, place: Place) -> Schema:
    """What stands behind a layer key."""
    layer = find(kind)
    if issubclass(layer, Join):
        return reference(f"branches{place.suffix}") | {"description": _manual(layer)}
    return reference(_fields(kind, place))


def _layer(kind: str, names: Names) -> Schema:
    layer = find(kind)
    fields = field_type(layer).schema(names) | {"title": kind, "description": _manual(layer)}
    return fields if _needs_fields(layer) else fields | {"type": ["object", "null"]}


def _manual(layer: type[Layer]) -> str:
    return "\n\n".join(cleandoc(text or "") for text in (layer.__doc__, sys.modules[layer.__module__].__doc__))


def _branches(place: Place) -> Schema:
    branch = {"anyOf": [place.items, WORD]}
    return {
        "anyOf": [
            {"type": "array", "items": branch, "minItems": 2},
            {"type": "object", "additionalProperties": branch, "minProperties": 2},
        ]
    }


def _argument(place: Place) -> Schema:
    word = {"type": "string", "pattern": f"^{IDENTIFIER}$"}
    pair = {
        "type": "array",
        "items": {"type": ["number", "string"]},
        "contains": {"not": word},
        "minItems": 2,
        "maxItems": 2,
    }
    return {"anyOf": [{"type": ["number", "string", "boolean"]}, pair, place.items]}


def _call(block: Block, place: Place) -> Schema:
    """A use of a known block."""
    required = _required(block)
    return {
        "title": block.name.text,
        "description": f"The block `{block.name.text}` of this spec.",
        "type": "object" if required else ["object", "null"],
        "properties": {name: _argument(place) for name in block.arguments},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _any_call(place: Place) -> Schema:
    return {"description": "A block.", "type": ["object", "null"], "additionalProperties": _argument(place)}


def blocks(inside: Place) -> Schema:
    """The `blocks` of a spec; `inside` is the place of their layers."""
    arguments = {
        "type": "object",
        "propertyNames": {"pattern": f"^{IDENTIFIER}$", "not": {"enum": [*inside.names.letters, *FLAGS]}},
        "additionalProperties": _argument(inside),
        "description": keywords.BLOCK["args"],
    }
    block = {
        "type": "object",
        "properties": {"args": arguments, "layers": inside.items | {"description": keywords.BLOCK["layers"]}},
        "required": ["layers"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME.pattern}$", "not": {"enum": [*kinds(), *RESERVED]}},
        "additionalProperties": block,
        "description": keywords.BLOCKS,
    }
