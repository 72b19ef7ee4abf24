"""Laying out as an edit: no more of the text is replaced than changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.diagnostics import Fix
from cnnspec.language.document.formatting import formatted
from cnnspec.language.syntax.edits import apply
from cnnspec.server.formatting import format_edits
from cnnspec.server.reading import read

LINES = ["a:  1", "b: 2", "", "# c", "d: {e:  [1,2]}", "f:\n    g: 3"]


@given(st.lists(st.sampled_from(LINES), min_size=1, unique=True), st.sampled_from(["", "\n", "\n\n"]))
def test_the_edit_makes_the_layout(lines: list[str], end: str) -> None:
    text = "\n".join(["x: 1", *lines]) + end
    reading = read("net.yaml", text)
    edits = format_edits(reading)
    assert apply(reading.source, [Fix("", tuple(edits))])[0] == formatted(reading.source)


@pytest.mark.parametrize("text", ["a: 1\n", "a: {", ""])
def test_nothing_to_do(text: str) -> None:
    assert format_edits(read("net.yaml", text)) == []


def test_only_what_changes() -> None:
    (edit,) = format_edits(read("net.yaml", "a: 1\nb:  2\nc: 3\n"))
    assert edit == ((2, 1, 2, 6), "b: 2")
