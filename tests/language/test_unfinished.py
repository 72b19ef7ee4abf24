"""Texts that are just being written: what of them can be read, and what is said of them."""

from __future__ import annotations

import pytest

from cnnspec.language.syntax.nodes import Mapping, Node, Scalar, Sequence
from cnnspec.language.syntax.open_brackets import closers, open_brackets
from cnnspec.language.syntax.parser import parse
from cnnspec.language.syntax.source import Source
from cnnspec.language.syntax.unfinished import readable


@pytest.mark.parametrize(
    ("text", "closed_by"),
    [
        ("a: {b: [1, 2", "]}"),
        ("a: {b: [1, 2]", "}"),
        ("a: {b: 1}", ""),
        ("a: '{', b: [", "]"),
        ("a: {b: '[", "}"),
        ("# {\na: [", "]"),
        ("", ""),
    ],
)
def test_what_closes_a_text(text: str, closed_by: str) -> None:
    assert closers(text) == closed_by


def test_where_brackets_are() -> None:
    assert open_brackets("a: 1\nb: {c: [") == [("}", 8, 1), ("]", 12, 1)]


def plain(node: Node | None) -> object:
    """A node as data."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.items}
    return None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a: {b: 1, c: \nd: 2\n", {"a": {"b": "1", "c": ""}, "d": "2"}),
        ("x:\n  - {a: 1, b\n  - c\n", {"x": [{"a": "1", "b": ""}, "c"]}),
        ("x:\n  - a: {b: [1, 2\n  - c\n", {"x": [{"a": {"b": ["1", "2"]}}, "c"]}),
        ("a: 'one\nb: 2\n", {"a": "", "b": "2"}),
        ("a: 1\nbc\nd: 2\n", {"a": "1", "d": "2"}),
        ("ab\nd: 2\n", {"d": "2"}),
        ("x:\n  - a: b: 1\n  - c\n", {"x": ["c"]}),
        ("x:\n  - a\n -b\n  - c\n", {"x": ["a", "c"]}),
        ("a: 1\n\tb: 2\nc: 3\n", {"a": "1", "c": "3"}),
        ("a: 1\nb: *x\nc: 3\n", {"a": "1", "c": "3"}),
        ("a: 1\n} ]\nc: 3\n", {"a": "1", "c": "3"}),
        ("a: {b: 1  # {\nc: 2\n", {"a": {"b": "1"}, "c": "2"}),
        ("a: 1\nb: \u2028\0x\n", {"a": "1", "b": "??x"}),
        ("- a\n", None),
        ("", None),
        ("}", None),
    ],
)
def test_what_can_be_read(text: str, read: object) -> None:
    assert plain(readable(text)) == read


@pytest.mark.parametrize("text", ["a: 1\nb: {c: 2,\n   d: [3, 4\ne: 5\n", "a: '\nb: {c: 2\nd: 3\n"])
def test_places_stay(text: str) -> None:
    root = readable(text)
    assert root is not None
    lines = text.split("\n")
    for key, _ in root.items:
        assert lines[key.span.line - 1][key.span.column - 1 : key.span.end_column - 1] == key.text


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a: {", 4),
        ("a: {b: ", 4),
        ("a: {b: 1, ", 4),
        ("a: [1, {b: [2], c: # so\n", 8),
        ("x:\n  - {a: {b: 3, c: \n  - d\n", 9),
        ("x:\n  - a: [1, \n  - d\n", 8),
    ],
)
def test_what_is_never_closed_is_said_of_the_bracket(text: str, at: int) -> None:
    """Not of the end of the text, or of the next layer."""
    _, (found, *_) = parse(Source("", text))
    assert found.message in ("this `{` is never closed", "this `[` is never closed")
    assert found.span is not None
    assert found.span.column == at
