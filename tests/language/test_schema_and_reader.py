"""For each field of each layer and section: what the JSON Schema admits is read, and what is read it admits."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter, ValidationError
from yaml_nodes import node

from cnnspec.diagnostics import Failure
from cnnspec.language.sections.header import Header
from cnnspec.language.values.field_types import FieldType, Slot, field_types
from cnnspec.language.values.names import Names, expression
from cnnspec.language.values.scope import Scope
from cnnspec.layers import find, kinds

NAMES = Names("expression", ("C", "H", "W"))


def sections(model: type[BaseModel], path: str) -> dict[str, tuple[FieldType, Any, Names, Scope]]:
    """The fields of a section and of those in it, each with all that it takes to read and to check it."""
    found: dict[str, tuple[FieldType, Any, Names, Scope]] = {}
    is_layer = model.__module__.startswith("cnnspec.layers")
    for name, info in model.model_fields.items():
        known = field_types(model)[info.alias or name]
        names, scope = (NAMES, Scope({}, (3, 8, 8))) if is_layer else (Names("arithmetic"), Scope({}, ()))
        if known.per_axis:
            scope = Scope({"F": 3, "S": 1, "D": 1}, (3, 8, 8))
        checked = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        found[f"{path}.{info.alias or name}"] = known, checked, names, scope
        if known.model is not None:
            found |= sections(known.model, f"{path}.{info.alias or name}")
    return found


FIELDS = sections(Header, "spec")
for kind in kinds():
    FIELDS |= sections(find(kind), kind)
WORDS = sorted({word for known, *_ in FIELDS.values() for word in known.words})
EXPRESSIONS = ["C", "H", "W", "2*3", "(1 + 2)", "H//2", "C*2", "F//2"]
scalars = (
    st.sampled_from([None, True, False, 0, 1, 2, 3, -1, 0.25, 0.5, 2.5, 400, 10**7])
    | st.integers(-3, 200)
    | st.sampled_from([*WORDS, *EXPRESSIONS, "<= 1M", "> 2", "1m", "3", "true", "null", "a b", "1 +"])
)
lists = st.lists(scalars, max_size=3)


def values(known: FieldType) -> st.SearchStrategy[Any]:
    """Values that come near to what a type admits, and others."""
    keys = [*(field_types(known.model) if known.model else ()), "x"]
    return scalars | lists | st.dictionaries(st.sampled_from(keys), scalars | lists, max_size=3)


@cache
def validator(title: str) -> Draft202012Validator:
    known, _, names, _ = FIELDS[title]
    defined = {n.title: expression(n) for n in (names, names.per_axis())}
    return Draft202012Validator({**known.schema(names), "$defs": defined})


def is_read(title: str, data: Any) -> bool:
    known, _, _, scope = FIELDS[title]
    try:
        Slot("f", known, (scope, scope)).read(node(data))
    except Failure:
        return False
    return True


def is_valid(title: str, data: Any) -> bool:
    """Whether a value is read, and the model takes it."""
    known, annotation, _, scope = FIELDS[title]
    try:
        TypeAdapter(annotation).validate_python(Slot("f", known, (scope, scope)).read(node(data)), strict=True)
    except (Failure, ValidationError):
        return False
    return True


def holds_arithmetic(data: Any) -> bool:
    if isinstance(data, list | dict):
        return any(map(holds_arithmetic, data.values() if isinstance(data, dict) else data))
    return data in EXPRESSIONS and isinstance(data, str)


every_field = pytest.mark.parametrize("title", FIELDS)


@every_field
@settings(max_examples=40)
@given(data=st.data())
def test_schema_and_reader_agree(title: str, data: st.DataObject) -> None:
    """The schema knows no value of an expression: there it may admit what the model refuses."""
    value = data.draw(values(FIELDS[title][0]))
    is_admitted = validator(title).is_valid(value)
    if is_valid(title, value):
        assert is_admitted
    if is_admitted:
        assert is_read(title, value)
        assert holds_arithmetic(value) or is_valid(title, value)


@every_field
@pytest.mark.parametrize("value", [None, 2.5])
def test_values_that_were_admitted_once(title: str, value: object) -> None:
    """An empty stride of a pooling, and a share of the examples above 1, since a count may be."""
    assert validator(title).is_valid(value) == is_valid(title, value)


def test_the_fields_are_those_of_all_layers_and_sections() -> None:
    assert {title.partition(".")[0] for title in FIELDS} == {"spec"} | {k for k in kinds() if find(k).model_fields}
    assert {"spec.train.augment.shift", "spec.input.C", "conv.P.top", "conv.F"} <= FIELDS.keys()
