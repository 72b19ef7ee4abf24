"""Samples and weights that are typed in a spec: what fits, what does not, and cures that cure."""

from __future__ import annotations

import io
import re

import pytest

from cnnspec.diagnostics import Diagnostic
from cnnspec.spec import check
from cnnspec.spec.mending import mend

HEAD = "input: {C: 1, H: 2, W: 3}\nlayers:\n  - {conv: {F: 2, K: 2}, name: conv}\n"
SAMPLE = "sample: [[1, 2, 3], [4, 5, 6]]\n"
WEIGHTS = "weights:\n  conv.weight: [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]\n  conv.bias: [0, 1/3]\n"


def found(text: str) -> list[Diagnostic]:
    return list(check(io.StringIO(text)).diagnostics)


def one(text: str) -> Diagnostic:
    (diagnostic,) = found(text)
    assert diagnostic.code == "E307"
    return diagnostic


def test_what_fits() -> None:
    assert found(HEAD + WEIGHTS + SAMPLE) == []


@pytest.mark.parametrize("sample", ["[[[1, 2, 3], [4, 5, 6]]]", "\n  - [1, 2, 3]\n  - [4, 5, 6]"])
def test_a_channel_alone_may_be_written_or_left_out(sample: str) -> None:
    assert found(f"{HEAD}sample: {sample}\n") == []


@pytest.mark.parametrize("sample", ["[1, 2, 3, 4, 5, 6]", "[[1, 2], [3, 4], [5, 6]]", "[[1, 2, 3]]"])
def test_a_sample_of_another_shape(sample: str) -> None:
    diagnostic = one(f"{HEAD}sample: {sample}\n")
    assert diagnostic.message.endswith("; the input is 1x2x3")
    assert diagnostic.help == "a list of 2 rows of 3 numbers"
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (4, 9)


def test_of_several_channels_there_is_a_list_for_each() -> None:
    text = "input: {C: 2, H: 1, W: 2}\nlayers: [relu]\nsample: [1, 2, 3, 4]\n"
    assert one(text).help == "a list of 2 channels, each a list of 1 row of 2 numbers"


def test_a_tensor_of_another_shape_is_cured_by_what_the_help_says() -> None:
    text = HEAD + WEIGHTS.replace("[0, 1/3]", "[0, 1, 2]")
    diagnostic = one(text)
    assert diagnostic.message == "`conv.bias` is 2; here it is 3"
    assert diagnostic.span is not None
    assert diagnostic.span.line == 6
    assert found(text.replace("conv.bias: [0, 1, 2]", pasted(diagnostic))) == []


@pytest.mark.parametrize("name", ["conv.weight", "conv.bias"])
def test_a_tensor_that_is_missing_is_cured_by_what_the_help_says(name: str) -> None:
    text = HEAD + re.sub(rf"  {name}: .*\n", "", WEIGHTS)
    diagnostic = one(text)
    assert diagnostic.why == f"missing: `{name}`"
    assert found(f"{text}  {pasted(diagnostic)}\n") == []


def pasted(diagnostic: Diagnostic) -> str:
    (shown,) = re.findall("`(.*)`", diagnostic.help)
    return str(shown)


def test_a_help_does_not_write_out_many_numbers() -> None:
    text = "input: {C: 9, H: 8, W: 8}\nlayers: [{conv: {F: 3, K: 9, bias: false}, name: conv}]\nweights: {}\n"
    assert one(text).help == "9x9x3x3 numbers for `conv.weight`; axes of length 1 may be left out"


def test_a_misspelt_tensor_is_not_missing_too_and_can_be_mended() -> None:
    text = HEAD + WEIGHTS.replace("conv.weight", "conv.wieght")
    assert one(text).label == "did you mean `conv.weight`?"
    assert found(mend(check(io.StringIO(text))).text) == []


def test_a_tensor_that_the_network_has_not() -> None:
    diagnostic = one(f"{HEAD}{WEIGHTS}  loud: [1]\n")
    assert (diagnostic.message, diagnostic.help) == (
        "the network has no tensor `loud`",
        "it has `conv.weight`, `conv.bias`",
    )
    assert one("input: {C: 1, H: 1, W: 1}\nlayers: [relu]\nweights: {loud: [1]}\n").help == "no layer has weights"


def test_a_broken_network_says_nothing_of_its_weights() -> None:
    text = HEAD.replace("F: 2", "F: 9") + WEIGHTS + SAMPLE.replace("6", "6, 7")
    assert [diagnostic.code for diagnostic in found(text)] == ["E203", "E104"]


def test_at_another_size_what_is_typed_is_not_judged() -> None:
    assert check(io.StringIO(HEAD + WEIGHTS + SAMPLE), input=(1, 9, 9)).diagnostics == ()


@pytest.mark.parametrize(
    "typed",
    [
        "weights：｛conv.weight：［［［1，0］，［0，1］］，［［0，1］，［1，0］］］，conv.bias：[０， 1／3]｝\n",
        "weights： # typed\n  conv.weight：[[[1，0], [0, 1]]， [[0, 1], [1, 0]]]\n  conv.bias： ［0，1/3］\n",
        WEIGHTS + "sample:\n  － ［1，2，3］\n  • [4、5、6]\n",
    ],
)
def test_characters_that_only_look_right_are_mended_in_numbers(typed: str) -> None:
    """Texts are free in both keys: names of files are taken as they stand. Numbers are not."""
    checked = check(io.StringIO(HEAD + typed))
    assert {diagnostic.code for diagnostic in checked.diagnostics} == {"E009"}
    assert found(mend(checked).text) == []
