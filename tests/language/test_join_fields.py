"""Fields of joins: they stand beside the branches."""

from __future__ import annotations

import io
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import cnnspec
from cnnspec import SpecError
from cnnspec.language.json_schema import language
from cnnspec.spec import check

HEAD = "input: {C: 2, H: 4, W: 6}\nlayers:\n"


def messages(item: str) -> list[str]:
    return [found.message for found in check(io.StringIO(f"{HEAD}  - {item}\n")).diagnostics]


def load(layers: str) -> cnnspec.Spec:
    return cnnspec.load(io.StringIO(HEAD + layers))


@pytest.mark.parametrize(("axis", "shape"), [("C", (4, 4, 6)), ("H", (2, 8, 6)), ("W", (2, 4, 12))])
def test_in_flow_and_in_block_style(axis: str, shape: tuple[int, ...]) -> None:
    flow = load(f"  - {{concat: [[], [relu]], axis: {axis}, name: both, expect: {list(shape)}}}\n")
    block = load(f"  - axis: {axis}\n    concat:\n      left: []\n      right: [relu]\n    name: both\n")
    assert flow.graph.shape("both") == block.graph.shape("both") == shape


def test_written_again() -> None:
    spec = load("  - {concat: [[tanh], [relu]], axis: W, name: a}\n  - relu\n  - {concat: [a, []], axis: H}\n")
    text = spec.to_yaml()
    assert "- {concat: [[tanh], [relu]], axis: W, name: a}\n" in text
    assert "axis: H}\n" in text
    assert cnnspec.load(io.StringIO(text)).graph.steps[-1].shape == (2, 8, 12)


def test_blocks_that_differ_in_an_axis_are_two() -> None:
    blocks = "blocks:\n  wide: {layers: [{concat: [[relu], [tanh]], axis: W}]}\n"
    blocks += "  high: {layers: [{concat: [[relu], [tanh]], axis: H}]}\n"
    spec = cnnspec.load(io.StringIO(blocks + HEAD + "  - wide\n  - high\n"))
    again = cnnspec.load(io.StringIO(spec.to_yaml()))
    assert [step.layer for step in again.graph.steps] == [step.layer for step in spec.graph.steps]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{concat: [[], []], axs: H}", "unknown field `axs`"),
        ("{concat: [[], []], axis: 1}", "`axis` takes `C`, `H` or `W`"),
        ("{concat: {axis: H, a: [], b: []}}", "`axis` is a field of `concat`, no branch"),
        ("{add: [[], []], axis: H}", "a layer has exactly one layer key, here: `add`, `axis`"),
        ("{relu: {}, axis: H}", "a layer has exactly one layer key, here: `relu`, `axis`"),
        ("{concat: [[], []], relu: {}, axis: H}", "a layer has exactly one layer key, here: `concat`, `relu`, `axis`"),
        ("{concat: [[], []], nme: x}", "a layer has exactly one layer key, here: `concat`, `nme`"),
        ("{axis: H}", "unknown layer `axis`"),
    ],
)
def test_mistakes(item: str, message: str) -> None:
    assert messages(item)[0] == message


@pytest.mark.parametrize(
    ("item", "help"),
    [
        ("{concat: [[], []], nme: x}", "beside the branches only `axis`, `name` and `expect`"),
        ("{add: [[], []], axis: H}", "beside the branches only `name` and `expect`"),
        (
            "{relu: {}, axis: H}",
            "fields stand inside: `- conv: {F: 3, K: 8}`; beside it only `name`, `repeat` and `expect`",
        ),
    ],
)
def test_what_may_stand_beside_it(item: str, help: str) -> None:
    (found,) = check(io.StringIO(f"{HEAD}  - {item}\n")).diagnostics
    assert found.help == help


@pytest.mark.parametrize("layer", ["concat: [[], []], axis: ax", "softmax: {axis: ax}"])
def test_an_axis_may_be_an_argument(layer: str) -> None:
    """Also where another size is of the same number, and through a block in between."""
    blocks = f"blocks:\n  one: {{args: {{ax: W}}, layers: [{{{layer}}}]}}\n"
    blocks += "  two: {args: {of: required}, layers: [{one: {ax: of}}]}\n"
    calls = "input: {C: 4, H: 4, W: 4}\nlayers: [one, {one: {ax: H}}, {one: {ax: C}}, {two: {of: H}}]\n"
    spec = cnnspec.load(io.StringIO(blocks + calls))
    assert [getattr(step.layer, "axis", "") for step in spec.graph.steps] == ["W", "H", "C", "H"]


def test_a_letter_is_a_number_where_no_word_is_it() -> None:
    blocks = "blocks:\n  one: {args: {K: C}, layers: [{conv: {F: 1, K: 2*K}}, {concat: [[], []], axis: K}]}\n"
    found = check(io.StringIO(f"{blocks}{HEAD}  - one\n  - {{one: {{K: H}}}}\n  - {{one: {{K: 2*C}}}}\n")).diagnostics
    assert [each.message for each in found] == ["`axis` takes `C`, `H` or `W`"]


def test_a_misspelt_field_is_mended() -> None:
    text = f"{HEAD}  - {{concat: [[], []], axs: H}}\n"
    (found,) = check(io.StringIO(text)).diagnostics
    assert [edit.text for fix in found.fixes for edit in fix.edits] == ["axis"]


def test_a_field_names_its_place() -> None:
    with pytest.raises(SpecError) as error:
        load("  - flatten\n  - {concat: [[], []], axis: W}\n")
    assert "needs an image, but a vector of 48 arrives" in str(error.value)


def test_a_block_may_be_called_like_a_field() -> None:
    text = f"blocks: {{axis: {{args: {{K: 1}}, layers: [{{conv: {{F: 1, K: K}}}}]}}}}\n{HEAD}"
    text += "  - {axis: {K: 3}, name: a}\n  - {concat: [[], [relu]], axis: H}\n"
    assert cnnspec.load(io.StringIO(text)).graph.steps[-1].shape == (3, 8, 6)


@pytest.mark.parametrize("blocks", [{}, {"b": {"layers": ["relu"]}}])
@pytest.mark.parametrize(
    ("item", "is_valid"),
    [
        ({"concat": [[], []], "axis": "H"}, True),
        ({"concat": [[], []], "axis": "H", "name": "x", "expect": [2, 8, 6]}, True),
        ({"concat": [[], []], "name": "x"}, True),
        ({"concat": [[], []], "axis": "D"}, False),
        ({"concat": [[], []], "axis": "H", "repeat": 2}, False),
        ({"concat": [[], []], "relu": {}, "axis": "H"}, False),
        ({"add": [[], []], "axis": "H"}, False),
        ({"relu": {}, "axis": "H"}, False),
        ({"axis": "H"}, False),
    ],
)
def test_the_schema(item: dict[str, Any], is_valid: bool, blocks: dict[str, Any]) -> None:
    spec = {"input": {"C": 2, "H": 4, "W": 6}, "blocks": blocks, "layers": [item]}
    assert Draft202012Validator(language()).is_valid(spec if blocks else {**spec, "blocks": {}}) is is_valid
