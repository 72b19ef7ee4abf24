"""Fields that go together, as a JSON Schema says it: for `json_schema_extra` of a model.

A schema knows no value of an expression, so that it can only speak of fields that are written, and of plain numbers.
"""

from __future__ import annotations

from pydantic.config import JsonDict

POSITIVE: JsonDict = {"type": "integer", "minimum": 1}


def having(field: str, schema: JsonDict) -> JsonDict:
    """A mapping in which a field is written and fulfils a schema."""
    return {"required": [field], "properties": {field: schema}}


def given(field: str) -> JsonDict:
    """A mapping in which a field has a value."""
    return having(field, {"not": {"type": "null"}})


def implies(condition: JsonDict, consequence: JsonDict) -> JsonDict:
    return {"if": condition, "then": consequence}


def excludes(condition: JsonDict, other: JsonDict) -> JsonDict:
    return {"if": condition, "then": {"not": other}}


def both_or_neither(one: str, other: str) -> JsonDict:
    return {"allOf": [implies(given(one), given(other)), implies(given(other), given(one))]}
