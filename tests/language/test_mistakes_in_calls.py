"""Mistakes in what a block is given: they are shown at the call too, and what is said of them is true."""

from __future__ import annotations

import io

import pytest

from cnnspec.diagnostics import Diagnostic
from cnnspec.language.syntax.edits import apply
from cnnspec.language.syntax.source import Source
from cnnspec.spec import check

HEAD = """\
input: {C: 3, H: 8, W: 8}
rounding: floor
blocks:
  part:
    args: {F: 3, skip: input, body: [relu], to: 8}
    layers:
      - {conv: {F: F, K: 4, P: same-upper}}
      - body
      - resize: {to: to}
      - concat: [skip, []]
layers:
  - {conv: {F: 3, K: 4, P: 1}, name: stem}
"""
LINE = HEAD.count("\n") + 1


def found(call: str) -> list[Diagnostic]:
    return [each for each in check(io.StringIO(f"{HEAD}  - {call}\n")).diagnostics if each.severity == "error"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("part: {skip: stm}", "no earlier layer is called `stm`"),
        ("part: {F: stem}", "`F` takes a whole number (>= 1)"),
        ("part: {F: [relu, tanh]}", "`F` takes a whole number (>= 1)"),
        ("part: {body: stem}", "argument `body` stands where layers are wanted"),
    ],
)
def test_the_call_is_a_second_place(call: str, message: str) -> None:
    (only,) = found(call)
    assert only.message == message
    assert only.span is not None
    assert only.span.line < LINE
    (note,) = only.notes
    assert (note.span.line, note.label) == (LINE, "given here")


def test_arithmetic_with_what_is_no_number() -> None:
    text = HEAD.replace("F: F", "F: F + 1").replace("{conv: {F: F", "{conv: {F: F") + "  - part: {F: stem}\n"
    (only,) = check(io.StringIO(text)).diagnostics
    assert only.message == "`F` has no value here"
    assert [note.span.line for note in only.notes] == [LINE]


def test_a_name_in_a_call_is_mended_in_the_call() -> None:
    text = f"{HEAD}  - part: {{skip: stm}}\n"
    (only,) = check(io.StringIO(text)).diagnostics
    mended, _ = apply(Source("", text), only.fixes)
    assert mended == text.replace("stm", "stem")
    assert check(io.StringIO(mended)).diagnostics == ()


def test_each_call_is_told_of() -> None:
    both = found("part: {skip: nosuch}\n  - part: {skip: other}")
    assert [each.message.split("`")[1] for each in both] == ["nosuch", "other"]
    assert [each.notes[0].span.line for each in both] == [LINE, LINE + 1]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("[7, 1, 3]", "here are 3"),
        ("[3]", "here is one"),
        ("[true, a]", "`true` is no number"),
        ("[stem.H, 1, stem.W]", "here are 3"),
    ],
)
def test_a_pair_has_two_numbers(value: str, label: str) -> None:
    (only,) = found(f"part: {{F: {value}}}")
    assert (only.code, only.message, only.label) == ("E112", "a pair has two numbers", label)
    assert only.span is not None
    assert only.span.line == LINE


def test_a_default_that_is_no_pair() -> None:
    text = HEAD.replace("F: 3, skip", "F: [1, 2, 3], skip") + "  - part: {F: 3}\n"
    assert [each.message for each in check(io.StringIO(text)).diagnostics] == ["a pair has two numbers"]


def test_a_pair_of_sizes() -> None:
    assert found("part: {to: [stem.H, stem.W]}") == []
    assert found("part: {to: [stem.H, 8]}") == []


@pytest.mark.parametrize("call", ["part: {to: [stem.H, stem.Q]}", "resize: {to: [stem.H, stem.Q]}"])
def test_what_a_layer_has(call: str) -> None:
    (only,) = found(call)
    assert only.help == "of an earlier layer there are `.C`, `.H` and `.W`"
    assert only.span is not None
    assert only.span.line == LINE


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("{mode: bilinear}", "it needs one of `to` and `factor`"),
        ("{to: 3, factor: 2}", "it takes only one of `to` and `factor`"),
    ],
)
def test_sizes_of_resize(fields: str, message: str) -> None:
    assert [each.message for each in found(f"resize: {fields}")] == [message]
