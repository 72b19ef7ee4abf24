"""Words of other frameworks lead to words that exist, and to no other function."""

from __future__ import annotations

import io

import pytest

from cnnspec.language.sections.header import Header, Input
from cnnspec.language.sections.train import Train
from cnnspec.language.values import synonyms
from cnnspec.language.values.field_types import field_types
from cnnspec.layers import find, kinds
from cnnspec.spec import bundled, check

MODELS = (*map(find, kinds()), Train, Input, Header)


def test_every_suggestion_exists() -> None:
    fields = {field for model in MODELS for field in field_types(model)}
    words = {word for model in MODELS for type in field_types(model).values() for word in type.words}
    words |= {
        word
        for type in field_types(Header).values()
        if type.model
        for t in field_types(type.model).values()
        for word in t.words
    }
    assert set(synonyms._KINDS) <= set(kinds())
    assert set(synonyms._FIELDS) <= fields
    assert set(synonyms._WORDS) <= words


def test_a_word_stands_for_one_thing_and_is_none_of_ours() -> None:
    theirs = [word for words in synonyms._KINDS.values() for word in words.split()]
    assert len(set(theirs)) == len(theirs)
    assert not set(theirs) & set(kinds())
    assert not set(theirs) & synonyms._OTHERS.keys()


def test_layers_without_an_equal_are_none_of_ours() -> None:
    """A layer that is added here is taken out there."""
    assert not synonyms._OTHERS.keys() & set(kinds())


@pytest.mark.parametrize("word", synonyms._OTHERS)
def test_another_function_is_not_suggested(word: str) -> None:
    (found,) = check(io.StringIO(f"input: {{C: 4, H: 8, W: 8}}\nlayers: [{word}]\n")).diagnostics
    assert (found.code, found.label, found.fixes) == ("E101", "", ())
    assert found.help


@pytest.mark.parametrize(("word", "kind"), [("Conv2d", "conv"), ("batch_norm_2d", "batchnorm"), ("frobnicate", None)])
def test_case_and_joints_are_forgiven(word: str, kind: str | None) -> None:
    assert synonyms.kind(word) == kind


def test_a_field_is_suggested_only_where_it_is_known() -> None:
    assert synonyms.field("strides", ["F", "S"]) == "S"
    assert synonyms.field("strides", ["K"]) is None
    assert synonyms.field("channels", ["F", "K"]) == "K"
    assert synonyms.field("channels", ["C", "H", "W"]) == "C"


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("ceil_mode: true", "write `rounding: ceil`"),
        ("ceil_mode: false", "write `rounding: floor`"),
        ("ceil_mode: maybe", ""),
        ("in_channels: 3", "leave it out: it follows from what arrives"),
        ("activation: relu", "a layer of its own, on the next line: `- relu`"),
    ],
)
def test_what_is_said_in_another_form_here(field: str, label: str) -> None:
    text = f"input: {{C: 4, H: 8, W: 8}}\nlayers: [{{maxpool: {{F: 2, {field}}}}}]\n"
    assert [d.label for d in check(io.StringIO(text)).diagnostics if d.code == "E102"] == [label]


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ([28, 28, 1], "HWC"),
        ([1, 28, 28], "CHW"),
        ([3, 32, 24], "CHW"),
        ([32, 24, 3], "HWC"),
        ([64, 32, 32], "CHW"),
        ([32, 32, 64], "HWC"),
        ([3, 3, 1], "HWC"),
        ([5, 5, 5], "CHW"),
        ([1, 28, 1], None),
        ([1, 1, 28], None),
        ([28, 1, 1], None),
        ([3, 28, 1], None),
        ([10, 20, 30], None),
    ],
)
def test_the_order_of_sizes_is_told_by_what_they_are(values: list[int], order: str | None) -> None:
    found = Input.order_of(values)
    assert (found is None) == (order is None)
    if found is not None and order is not None:
        assert [values[place] for place in found] == [values[order.index(letter)] for letter in "CHW"]


@pytest.mark.parametrize("name", bundled.names())
def test_a_bundled_network_is_known_by_other_spellings(name: str) -> None:
    for what in (
        f"{name}.yaml",
        f"specs/{name}.yml",
        name.upper(),
        name.replace("_", "-"),
        name.replace("net", "Net-"),
    ):
        assert bundled.near(what) == name


@pytest.mark.parametrize("what", ["resnet1234", "vgg-1234", "ResNet-1234.yaml", "nothing"])
def test_another_network_is_not_suggested(what: str) -> None:
    assert bundled.near(what) is None
