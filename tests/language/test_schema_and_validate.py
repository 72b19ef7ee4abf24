"""Whole layers: what the JSON Schema admits, `validate` takes too, but for what the documentation lists.

The list is in docs/integrations.md. That all of it is needed is held by the examples here; that nothing is missing, by
random layers.
"""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cnnspec.graph.layer import Join
from cnnspec.language.json_schema import language
from cnnspec.language.values.field_types import field_types
from cnnspec.layers import find, kinds
from cnnspec.spec import check

LAYERS = [kind for kind in kinds() if not issubclass(find(kind), Join) and find(kind).model_fields]
numbers = st.sampled_from([0, 1, 2, 3, 4, -1, 0.25, 2.5]) | st.integers(-2, 9)


@cache
def schema() -> Draft202012Validator:
    return Draft202012Validator(language())


def values(kind: str, field: str) -> st.SearchStrategy[Any]:
    """Values of a field that are often right."""
    known = field_types(find(kind))[field]
    scalars = numbers | st.sampled_from([*sorted(known.words), None, True, False])
    inner = st.dictionaries(st.sampled_from([*(field_types(known.model) if known.model else ()), "x"]), numbers)
    return scalars | st.lists(scalars, min_size=1, max_size=3) | inner


@st.composite
def bodies(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Fields of a layer: those that it must have nearly always, some of the others."""
    model = find(kind).model_fields
    needed = {info.alias or name for name, info in model.items() if info.is_required()}
    chosen = draw(st.sets(st.sampled_from([*field_types(find(kind))]), max_size=4)) | needed
    return {field: draw(values(kind, field)) for field in sorted(chosen)}


def codes(item: object) -> set[str]:
    text = json.dumps({"input": {"C": 4, "H": 8, "W": 8}, "layers": [item]})
    return {found.code for found in check(io.StringIO(text)).diagnostics}


def is_admitted(item: object) -> bool:
    return schema().is_valid({"input": {"C": 4, "H": 8, "W": 8}, "layers": [item]})


def is_taken(item: object) -> bool:
    """Whether `validate` has nothing against it but what hangs on the shape that arrives."""
    return not any(code.startswith(("E0", "E1")) for code in codes(item))


def is_listed(kind: str, body: dict[str, Any]) -> bool:
    """Whether the documentation says that the schema does not see what is wrong."""
    return kind == "deconv" and "extra" in body  # it is compared with the stride and the dilation


@pytest.mark.parametrize("kind", LAYERS)
@settings(max_examples=25)
@given(data=st.data())
def test_schema_and_validate_agree(kind: str, data: st.DataObject) -> None:
    body = data.draw(bodies(kind))
    admitted, taken = is_admitted({kind: body}), is_taken({kind: body})
    assert admitted or not taken
    assert taken or not admitted or is_listed(kind, body)


@pytest.mark.parametrize(
    "item",
    [
        {"reshape": {"C": 8, "H": 32}},
        {"reshape": {"C": 8, "W": 32}},
        {"reshape": {"C": 8, "H": 32, "W": None}},
        {"pad": {"before": 1}},
        {"pad": {"after": 2, "axis": None}},
        {"pad": {"top": 1, "axis": "C", "before": 1}},
        {"crop": {"left": 1, "axis": "H", "after": 1}},
        {"permute": {"order": ["C", "C", "W"]}},
        {"deconv": {"F": 3, "K": 2, "S": 2, "P": "same-upper", "extra": 1}},
        {"deconv": {"F": 3, "K": 2, "S": 2, "P": "same-upper", "extra": [0, 1]}},
        {"maxpool": {"F": 2, "S": None}},
    ],
    ids=json.dumps,
)
def test_neither_takes_these(item: object) -> None:
    assert not is_admitted(item)
    assert not is_taken(item)


@pytest.mark.parametrize(
    "item",
    [
        {"reshape": {"C": 256}},
        {"reshape": {"C": 256, "H": None, "W": None}},
        {"reshape": {"C": "C", "H": "H", "W": "W"}},
        {"pad": {"before": 0}},
        {"pad": {"before": "C/2", "axis": "C"}},
        {"pad": {"top": 0, "axis": "C", "before": 1}},
        {"pad": {"top": "C - C", "axis": "C", "before": 1}},
        {"permute": {"order": ["W", "C", "H"]}},
        {"deconv": {"F": 3, "K": 2, "S": 2, "P": "same-upper", "extra": 0}},
        {"deconv": {"F": 3, "K": 2, "S": 2, "P": 1, "extra": 1}},
    ],
    ids=json.dumps,
)
def test_both_take_these(item: object) -> None:
    assert is_admitted(item)
    assert is_taken(item)


@pytest.mark.parametrize(
    "item",
    [
        {"deconv": {"F": 3, "K": 2, "S": 2, "extra": 2}},
        {"conv": {"F": 1, "K": "1 - 2"}},
        {"conv": {"F": 1, "K": "C/3"}},
        {"conv": {"F": 1, "K": "1/(C - 4)"}},
        {"pad": {"before": "2*1"}},
        {"conv": {"F": 1, "K": "2 * (C"}},
    ],
    ids=json.dumps,
)
def test_what_the_schema_does_not_see(item: object) -> None:
    assert is_admitted(item)
    assert not is_taken(item)
