"""Edits that mend what is found: the fixes of findings, one by one, and all that are sure at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..diagnostics import Diagnostic, Edit
from .reading import Reading


class Action(NamedTuple):
    """Edits that belong together, and the finding that they mend; None where they mend several."""

    title: str
    edits: tuple[Edit, ...]
    finding: Diagnostic | None = None
    is_sure: bool = False


def code_actions(reading: Reading, first: int, last: int) -> Iterator[Action]:
    """What can be done about the findings in the lines `first` to `last`."""
    for found in reading.diagnostics:
        if found.span is not None and found.span.line <= last and found.span.end_line >= first:
            for fix in found.fixes:
                yield Action(fix.title[:1].upper() + fix.title[1:], fix.edits, found, fix.is_sure)


def mend_all(reading: Reading) -> Action | None:
    """All edits that are sure, as `validate --fix` makes them; those that touch an earlier one are left for later."""
    taken: list[Edit] = []
    for found in reading.diagnostics:
        edits = next((fix.edits for fix in found.fixes if fix.is_sure), ())
        if not any(_touch(edit, other) for edit in edits for other in taken):
            taken += edits
    return Action("Make all fixes that are sure", tuple(taken)) if taken else None


def _touch(edit: Edit, other: Edit) -> bool:
    return edit.span.start <= other.span.end and other.span.start <= edit.span.end
