"""An `Issue` keeps all that it says when its place becomes known."""

from __future__ import annotations

import pytest

from cnnspec.diagnostics import Diagnostic, Edit, Fix, Issue, Note, Span
from cnnspec.graph.layer import LayerError
from cnnspec.layers import find

SPAN = Span(3, 5, 3, 9)


def test_at_a_place() -> None:
    issue = Issue("E202", "message", "P", "label", "why", "help", shows_input=True, cures=(("P", "1"),))
    notes = (Note(Span(1, 1, 1, 2), "here"),)
    fixes = (Fix("title", (Edit(SPAN, "1"),)),)
    expected = Diagnostic("E202", "message", span=SPAN, label="label", notes=notes, why="why", help="help", fixes=fixes)
    assert issue.at(SPAN, notes, fixes) == expected
    assert issue.at(None).span is None


def test_the_code_says_whether_it_is_a_warning() -> None:
    assert Issue("W201", "message").at(SPAN).severity == "warning"
    assert Issue("E201", "message").at(SPAN).severity == "error"


def test_a_layer_raises_its_issue() -> None:
    with pytest.raises(LayerError, match="needs a vector") as raised:
        find("dense")(K=3).output((2, 4, 4))
    issue = raised.value.issue
    assert (issue.code, issue.before, issue.shows_input) == ("E204", "flatten", True)
