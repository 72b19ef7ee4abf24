"""The language as a JSON Schema, for editors that complete and check while a spec is written.

It is a projection of what `validate` reads by: the layers' models, the header's models, the types of their
fields. It knows no shapes and no values of names. The dialect is 2020-12; nothing is used that older readers, as
editors have them, understand in another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from .. import keywords
from ..sections.header import Header
from ..syntax.tree import Block
from ..values.field_types import field_type
from ..values.names import Names, Schema, expression
from ..values.scope import LETTERS
from .entries import Place, blocks, definitions

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "urn:cnnspec:spec:1"
NUMBERS = Names("arithmetic")
"""No names have a value in a spec's header."""


def language() -> Schema:
    """The schema of all specs. Where a spec has blocks, a word that is no layer kind may be one of them."""
    names, within = Names("expression", LETTERS), Names("expression-in-block", LETTERS, None)
    alone = Place("", "", names, {})
    beside = Place("-beside-blocks", "", names, None)
    inside = Place("-in-block", "-in-block", within, None)
    root = _root(inside)
    root["if"] = {"required": ["blocks"]}
    root["then"] = {"properties": {"layers": {"items": beside.item}}}
    root["else"] = {"properties": {"layers": {"items": alone.item}}}
    return _whole(root, alone, beside, inside)


def of_spec(name: str, known: Mapping[str, Block]) -> Schema:
    """The schema of a spec with these blocks: no other may be used, nor other arguments."""
    arguments = dict.fromkeys(argument for block in known.values() for argument in block.arguments)
    within = Names("expression-in-block", LETTERS, tuple(arguments))
    beside = Place("", "", Names("expression", LETTERS), known)
    inside = Place("-in-block", "-in-block", within, known)
    root = _root(inside)
    root["properties"]["layers"]["items"] = beside.item
    identity = {"$id": f"{IDENTITY}:{quote(name, safe='')}", "title": f"cnnspec: {name}"}
    return _whole(root | identity, beside, inside)


def _whole(root: Schema, *places: Place) -> Schema:
    found = {NUMBERS.title: expression(NUMBERS)}
    for place in places:
        found |= definitions(place)
    return root | {"$defs": found}


def _root(inside: Place) -> Schema:
    header = field_type(Header).schema(NUMBERS)
    layers = {"type": "array", "minItems": 1, "description": keywords.LAYERS}
    return {
        "$schema": DIALECT,
        "$id": IDENTITY,
        "title": "cnnspec",
        **header,
        "description": "A convolutional network.",
        "properties": header["properties"] | {"blocks": blocks(inside), "layers": layers},
        "required": [*header["required"], "layers"],
    }
