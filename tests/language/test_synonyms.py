"""Words of other frameworks lead to words that exist."""

from __future__ import annotations

import pytest

from cnnspec.language.sections.train import Train
from cnnspec.language.values import synonyms
from cnnspec.language.values.field_types import field_types
from cnnspec.layers import find, kinds


def test_every_suggestion_exists() -> None:
    fields = {field for kind in kinds() for field in field_types(find(kind))} | set(field_types(Train))
    assert set(synonyms._KINDS) <= set(kinds())
    assert set(synonyms._FIELDS) <= fields


@pytest.mark.parametrize(("word", "kind"), [("Conv2d", "conv"), ("batch_norm_2d", "batchnorm"), ("frobnicate", None)])
def test_case_and_joints_are_forgiven(word: str, kind: str | None) -> None:
    assert synonyms.kind(word) == kind


def test_a_field_is_suggested_only_where_it_is_known() -> None:
    assert synonyms.field("strides", ["F", "S"]) == "S"
    assert synonyms.field("strides", ["K"]) is None
