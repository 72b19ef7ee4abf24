"""Texts in a terminal: as wide as that is, and still to be copied from."""

from __future__ import annotations

import pytest

from cnnspec.diagnostics import Diagnostic, Span
from cnnspec.language.syntax.source import Source
from cnnspec.reports.diagnostics import to_text
from cnnspec.reports.drawing.text_table import Column, Narrowing, TableRow, table, wrapped


def test_lines_end_between_words() -> None:
    assert wrapped("one two three four", None, 2) == ["one two three four"]
    assert wrapped("one two three four", 9, 2) == ["one two", "  three", "  four"]
    assert wrapped("  = why: one two", 12, 4) == ["  = why: one", "    two"]


def test_what_may_be_copied_stays_in_one_piece() -> None:
    assert wrapped("give it, `cnnspec run SPEC FILE`, here", 12, 2) == [
        "give it,",
        "  `cnnspec run SPEC FILE`,",
        "  here",
    ]
    assert wrapped("a name of one word: " + 30 * "x", 12, 0)[-1] == 30 * "x"


def test_columns_are_counted_and_not_letters() -> None:
    assert wrapped("卷积神经 网络", 12, 0) == ["卷积神经", "网络"]


def test_a_column_that_is_not_there_is_not_narrowed() -> None:
    shown = table([Column("b", "b")], [[TableRow(["long words"])]], 5, [Narrowing("a"), Narrowing("b", 4)])
    assert list(shown.lines(lambda code, text: text))[-1] == "long…"


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("colour", [False, True])
def test_findings_are_as_wide_as_the_terminal(width: int, colour: bool) -> None:
    words = "some words that go on until the line has an end "
    found = Diagnostic(
        "E101", words * 3, "net.yaml", Span(1, 1, 1, 3), label="here", why=words * 3, help=f"`a b` or {words * 2}"
    )
    told = to_text.render([found], [Source("net.yaml", "convolution")], colour, width)
    plain = to_text.render([found], [Source("net.yaml", "convolution")], False, None)
    bare = told if not colour else "".join(part.partition("m")[2] for part in ("m" + told).split("\x1b["))
    assert max(map(len, bare.splitlines())) <= width
    assert bare.split() == plain.split()
