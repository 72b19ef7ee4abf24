"""Findings as they come in."""

from __future__ import annotations

from cnnspec.diagnostics import Diagnostic, Failure, Span
from cnnspec.diagnostics.collector import Collector
from cnnspec.diagnostics.suggest import SUGGESTED
from cnnspec.language.elaboration.collector import WalkCollector
from cnnspec.language.values.scope import UnknownValue

SPAN = Span(1, 1, 1, 2)
ERROR, WARNING = Diagnostic("E101", "an error"), Diagnostic("W101", "a warning")


def test_in_order_and_without_repeats() -> None:
    found = Collector()
    found.extend([WARNING, ERROR])
    found.add(WARNING)
    assert list(found) == [WARNING, ERROR]
    assert len(found) == 2


def test_a_warning_leaves_it_sound_and_an_error_does_not() -> None:
    found = Collector()
    found.add(WARNING)
    assert found.is_sound
    found.add(ERROR)
    found.add(WARNING)
    assert not found.is_sound


def test_what_is_reported_is_in_the_file() -> None:
    found = Collector("net.yaml")
    found.report("E101", "message", SPAN, "label", why="why", help="help")
    assert list(found) == [Diagnostic("E101", "message", "net.yaml", SPAN, "label", why="why", help="help")]


def test_only_the_first_findings_are_worth_a_search() -> None:
    found = Collector()
    for number in range(SUGGESTED):
        assert found.may_search
        found.report("E101", f"finding {number}", SPAN)
    assert not found.may_search


def test_work_that_fails_is_taken() -> None:
    def fail() -> int:
        raise Failure([ERROR, WARNING])

    found = WalkCollector()
    assert found.attempt(7, lambda: 8) == 8
    assert found.is_sound
    assert found.attempt(7, fail) == 7
    assert list(found) == [ERROR, WARNING]
    assert not found.is_sound


def test_work_without_a_value_says_nothing_new() -> None:
    def wait() -> int:
        raise UnknownValue

    found = WalkCollector()
    assert found.attempt(7, wait) == 7
    assert not list(found)
    assert not found.is_sound
