"""Findings as they come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diagnostic import Diagnostic, Note
from .span import Fix, Span
from .suggest import SUGGESTED


class Collector:
    """What has been found, in order and without repeats, all of it in `file`.

    `is_sound` ends with the first error, and may be ended for what hangs on an earlier one.
    """

    __slots__ = ("_found", "file", "is_sound")

    def __init__(self, file: str = "") -> None:
        self.file = file
        self.is_sound = True
        self._found: dict[Diagnostic, None] = {}

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def may_search(self) -> bool:
        """Whether a finding is still worth the search for near words, which takes its time: only the first ones are."""
        return len(self._found) < SUGGESTED

    def add(self, diagnostic: Diagnostic) -> None:
        self._found.setdefault(diagnostic)
        self.is_sound = self.is_sound and diagnostic.severity == "warning"

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        notes: tuple[Note, ...] = (),
        why: str = "",
        help: str = "",
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        self.add(Diagnostic(code, message, self.file, span, label, notes, why, help, fixes=fixes))
