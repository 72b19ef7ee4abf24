"""Every fix of every message that the pages of the codes and `tests/ui` show is made, and must do what it says."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ui_cases import MESSAGES, Case, name

from cnnspec.diagnostics import Diagnostic, Fix, Span
from cnnspec.diagnostics.span import Edit
from cnnspec.diagnostics.suggest import is_certain
from cnnspec.language.syntax.edits import apply
from cnnspec.language.syntax.parser import parse
from cnnspec.language.syntax.source import Source
from cnnspec.spec import check
from cnnspec.spec.mending import mend


def found_in(text: str) -> tuple[Diagnostic, ...]:
    return check(io.StringIO(text)).diagnostics


CASES = [
    (case, number, turn)
    for case in MESSAGES
    for number, found in enumerate(found_in(case.spec))
    for turn in range(len(found.fixes))
]


def label(value: object) -> str:
    return name(value) if isinstance(value, Case) else str(value)


def test_there_are_fixes_to_try() -> None:
    assert len(CASES) > 40


@pytest.mark.parametrize(("case", "number", "turn"), CASES, ids=label)
def test_a_fix_takes_its_finding_away(case: Case, number: int, turn: int) -> None:
    """It is gone from its line, no syntax is broken, and a sure fix brings no complaint of its own to that place."""
    found = found_in(case.spec)[number]
    fix = found.fixes[turn]
    text, made = apply(Source("net.yaml", case.spec), [fix])
    assert made == [fix]
    after = found_in(text)
    assert (found.code, found.message, found.span) not in {(d.code, d.message, d.span) for d in after}
    assert not [d for d in after if "E001" <= d.code <= "E007" and d.code != found.code]
    if fix.is_sure:
        if len(fix.edits) > 1:
            return  # what follows one of them has moved
        [edit] = fix.edits
        place = Span(edit.span.line, edit.span.column, edit.span.line, edit.span.column + max(1, len(edit.text)))
        assert not [d for d in after if d.span == place and d.code in ("E101", "E102", "E104", "E105", "E008")]


@pytest.mark.parametrize("case", MESSAGES, ids=name)
def test_what_a_help_writes_is_yaml(case: Case) -> None:
    """Each piece of a spec that a help names is read, whatever stands for its dots."""
    for finding in found_in(case.spec):
        for code in re.findall(r"`([^`]+)`", finding.help):
            if ":" in code and code[-1] not in "[{":  # else only the beginning is said
                text = f"x:\n  {code}" if code.startswith("- ") else f"x: {code}" if code[0] in "[{" else code
                assert parse(Source("", text))[1] == [], code


@pytest.mark.parametrize("case", MESSAGES, ids=name)
def test_mending_ends_and_leaves_no_sure_fix(case: Case) -> None:
    mended = mend(check(io.StringIO(case.spec)))
    assert mended.checked.diagnostics == found_in(mended.text)
    if not mended.fixes:
        assert mended.text == case.spec


class TestApplying:
    source = Source("net.yaml", "a: 1\r\nb: 2\r\n")

    def fix(self, line: int, start: int, end: int, text: str) -> Fix:
        return Fix("", (Edit(Span(line, start, line, end), text),))

    def test_what_is_not_edited_stays_to_the_last_byte(self) -> None:
        first, second = self.fix(1, 4, 5, "10"), self.fix(2, 1, 2, "c")
        assert apply(self.source, [second, first]) == ("a: 10\r\nc: 2\r\n", [second, first])

    def test_new_lines_end_as_those_of_the_file(self) -> None:
        assert apply(self.source, [self.fix(1, 5, 5, "\nd: 3")])[0] == "a: 1\r\nd: 3\r\nb: 2\r\n"

    def test_of_two_at_one_place_the_first_is_made(self) -> None:
        first, second = self.fix(1, 4, 5, "10"), self.fix(1, 4, 5, "11")
        assert apply(self.source, [first, second, first]) == ("a: 10\r\nb: 2\r\n", [first])


@pytest.mark.parametrize(
    ("word", "near", "known", "certain"),
    [
        ("Conv", "conv", ["conv", "deconv"], True),
        ("dens", "dense", ["dense", "conv"], True),
        ("covn", "conv", ["conv"], True),  # a swap is one slip
        ("selu", "elu", ["elu", "relu", "silu"], False),  # relu and silu are as near
        ("kernal", "kernels", ["kernels"], False),  # two slips
    ],
)
def test_what_is_certain(word: str, near: str, known: list[str], certain: bool) -> None:
    assert is_certain(word, near, known) is certain


@given(st.sampled_from(MESSAGES), st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_spec_is_mended_or_left(case: Case, data: st.DataObject) -> None:
    """Characters taken out anywhere: mending ends, and brings no mistake of syntax."""
    start = data.draw(st.integers(0, len(case.spec)))
    text = case.spec[:start] + case.spec[start + data.draw(st.integers(1, 3)) :]
    checked = check(io.StringIO(text))
    syntax = [d for d in checked.diagnostics if "E001" <= d.code <= "E007"]
    after = [d for d in mend(checked).checked.diagnostics if "E001" <= d.code <= "E007"]
    assert len(after) <= len(syntax)
