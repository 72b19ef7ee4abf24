"""A spec mended: the sure fixes of its findings made, again and again, until there is none left to make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff

from ..diagnostics import Diagnostic, Fix
from ..graph.shape import Shape
from ..language.syntax.edits import apply
from .given import Content
from .spec import Checked, check

ROUNDS = 20
"""A fix may show what was hidden behind it, so many times in a row."""


@dataclass(frozen=True)
class Mended:
    """A spec before and after: `checked` is what is found in the text as it is now, `fixes` what was done to it."""

    before: str
    checked: Checked
    fixes: tuple[Fix, ...]

    @property
    def text(self) -> str:
        return self.checked.source.text

    def diff(self) -> str:
        """What was done as a unified diff, empty when that is nothing."""
        return diff(self.before, self.text, self.checked.source.file)


def diff(before: str, after: str, file: str) -> str:
    """What changes in a file as a unified diff, empty when that is nothing."""
    lines = unified_diff(before.splitlines(True), after.splitlines(True), file, file)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def mend(checked: Checked, input: Shape | None = None, files: bool = False) -> Mended:
    """A checked spec with its sure fixes made, checked with the same `input` and `files`."""
    before, made = checked.source.text, list[Fix]()
    for _ in range(ROUNDS):
        wanted = [fix for found in checked.diagnostics for fix in _sure(found)]
        after, fixes = _with(checked, wanted, input, files)
        if _unreadable(after) > _unreadable(checked):  # two that do not go together: the first of them is made
            after, fixes = _with(checked, wanted[:1], input, files)
        if not fixes or _unreadable(after) > _unreadable(checked):
            break
        checked = after
        made += fixes
    return Mended(before, checked, tuple(made))


def _with(checked: Checked, wanted: list[Fix], input: Shape | None, files: bool) -> tuple[Checked, list[Fix]]:
    """What is found once fixes are made, and those that were."""
    text, fixes = apply(checked.source, wanted)
    return check(Content(checked.source.file, text.encode()), input, files) if fixes else checked, fixes


def _sure(found: Diagnostic) -> Iterable[Fix]:
    return [fix for fix in found.fixes if fix.is_sure][:1]


def _unreadable(checked: Checked) -> int:
    """How many findings are of the syntax."""
    return sum("E001" <= found.code <= "E007" for found in checked.diagnostics)
