"""Entries that are written as in other places, and the lines that they should be."""

from __future__ import annotations

import io

import pytest

from cnnspec.language.document.loose_entry import parsed
from cnnspec.spec import check
from cnnspec.spec.mending import mend

START = "input: {C: 2, H: 8, W: 8}\nlayers:\n"


@pytest.mark.parametrize(
    ("loose", "meant"),
    [
        ("conv F=3 K=8", "conv: {F: 3, K: 8}"),
        ("conv {F: 3, K: 8}", "conv: {F: 3, K: 8}"),
        ("conv: F: 3, K: 8", "conv: {F: 3, K: 8}"),
        ("conv: F: 3 K: 8  # a note", "conv: {F: 3, K: 8}  # a note"),
        ("conv F: 3, K: 8", "conv: {F: 3, K: 8}"),
        ("conv: F=3, K=2*C", "conv: {F: 3, K: 2*C}"),
        ("conv(F=3, K=8)", "conv: {F: 3, K: 8}"),
        ("conv(F=(3, 3), K=8)", "conv: {F: [3, 3], K: 8}"),
        ("conv(3, K=8)", "conv: {F: 3, K: 8}"),
        ("Conv2d(kernel_size=3, out_channels=8)", "conv: {F: 3, K: 8}"),
        ("maxpool: 2", "maxpool: {F: 2}"),
        ("maxpool(2)", "maxpool: {F: 2}"),
        ("MaxPool2d(2)", "maxpool: {F: 2}"),
        ("maxpool: [2, 2]", "maxpool: {F: [2, 2]}"),
        ("dropout: 0.5", "dropout: {p: 0.5}"),
        ("relu()", "relu"),
        ("permute: [H, W, C]", "permute: {order: [H, W, C]}"),
    ],
)
def test_what_was_plainly_meant_is_mended(loose: str, meant: str) -> None:
    mended = mend(check(io.StringIO(f"{START}  - {loose}\n")))
    assert mended.text == f"{START}  - {meant}\n"
    assert not [d for d in mended.checked.diagnostics if d.severity == "error"]


@pytest.mark.parametrize(
    ("loose", "told"),
    [
        ("conv(3, 8)", "conv: {F: 3, K: 8}"),  # the order is a guess
        ("Conv2d(3, 8)", "conv: {F: ..., K: ...}"),  # others have other orders
        ("conv: 3", "conv: {F: ..., K: ...}"),
        ("batchnorm: 64", "batchnorm"),  # others give the number of channels, which is known here
        ("BatchNorm2d(64)", "batchnorm"),
        ("dense: relu", "dense: {K: ...}"),
        ("dense(120, 84)", "dense: {K: ...}"),
    ],
)
def test_a_guess_is_told_and_not_made(loose: str, told: str) -> None:
    checked = check(io.StringIO(f"{START}  - {loose}\n"))
    assert [(d.code, d.help) for d in checked.diagnostics] == [("E110", f"`{told}`")]
    assert mend(checked).text == checked.source.text


def test_a_call_in_a_list_is_one_entry() -> None:
    found = check(
        io.StringIO("input: {C: 2, H: 8, W: 8}\nlayers: [conv(3, 8), relu, concat(1, maxpool(2)]\n")
    ).diagnostics
    assert found[0].help == "`conv: {F: 3, K: 8}`"
    assert found[0].span is not None
    assert (found[0].span.column, found[0].span.end_column) == (10, 20)


def test_blocks_are_called_by_the_names_of_their_arguments() -> None:
    text = "blocks:\n  twice: {args: {K: required}, layers: [{conv: {F: 1, K: K}}]}\n" + START
    assert mend(check(io.StringIO(f"{text}  - twice(8)\n"))).text == f"{text}  - twice: {{K: 8}}\n"


@pytest.mark.parametrize(
    "text", ["relu", "some words", "a b", "", "x" * 300 + "(3)", "conv(((3)))", "conv (F-1)/2", "3(4)"]
)
def test_other_texts_are_none(text: str) -> None:
    assert parsed(text) is None


def test_a_word_of_others_is_checked_as_what_it_stands_for() -> None:
    text = f"{START}  - Conv2D: {{filters: 4, kernel_size: 9, use_bias: maybe}}\n  - Dense: {{units: 3}}\n"
    codes = [d.code for d in check(io.StringIO(text)).diagnostics]
    assert codes == ["E101", "E102", "E102", "E102", "E104", "E101", "E102"]
