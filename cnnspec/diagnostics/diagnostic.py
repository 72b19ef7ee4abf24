"""Errors and warnings as data.

A `Diagnostic` says what is wrong (`message`), where (`span`, with a `label` beside the caret), why
(the arithmetic) and what to write instead (`help`). Nothing here prints: `cnnspec.reports` turns
diagnostics into text, JSON, GitHub annotations and SARIF.

Codes: E0 syntax and safety, E1 schema and references, E2 shapes, E3 expectations, budgets and settings of training,
E4 files, weights, images and data, E5 training itself, W warnings. Each has a page in `cnnspec/diagnostics/codes/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from os import PathLike, fspath
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Span(NamedTuple):
    """A piece of a text: lines and columns count characters from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Note(NamedTuple):
    """A second place that explains the first, shown with its line and `label`."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `file` is the path shown to the reader; `span` is None when no place in it applies."""

    code: str
    message: str
    file: str = ""
    span: Span | None = None
    label: str = ""
    notes: tuple[Note, ...] = ()
    why: str = ""
    help: str = ""
    is_strict: bool = False  # a warning that counts as an error

    @property
    def severity(self) -> Severity:
        return "warning" if self.code.startswith("W") and not self.is_strict else "error"

    def within(self, file: str) -> Diagnostic:
        """The same finding, placed in `file`."""
        return replace(self, file=file)

    def __str__(self) -> str:
        place = f"{self.file}:{self.span.line}:{self.span.column}: " if self.span else f"{self.file}: "
        return f"{place if self.file else ''}{self.severity}[{self.code}]: {self.message}"


class Failure(Exception):  # noqa: N818 - the base of SpecError and FileError
    """Work that cannot go on, with the diagnostics that say why."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(*self.diagnostics)

    def __str__(self) -> str:
        return "\n".join(map(str, self.diagnostics))


class SpecError(Failure):
    """A spec that breaks the rules of the language (codes E0 to E3)."""


class FileError(Failure):
    """A file, weights or an image that cannot be used (codes E4)."""

    @classmethod
    def about(
        cls, path: str | PathLike[str], code: str, message: str, why: str = "", help: str = "", span: Span | None = None
    ) -> FileError:
        """The one finding that there is about the file, or the folder, at `path`."""
        return cls([Diagnostic(code, message, file=fspath(path), span=span, why=why, help=help)])


class TrainingError(Failure):
    """A training run that cannot go on, or not in this way (codes E5)."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The entry of `known` that `word` was most likely meant to be, or None when nothing is near.

    Case is forgiven first (`k` -> `K`), then misspellings; a swap of two letters is one slip.
    """
    reach = min(max(1, len(word) // 3), SLIPS)
    candidates = [name for name in known if abs(len(name) - len(word)) <= reach]
    alike = [name for name in candidates if name.lower() == word.lower()]
    if alike or len(word) > LONGEST:
        return min(alike, default=None)
    return _closest(word.lower(), tuple(sorted(set(candidates[:CANDIDATES]))), reach)


SLIPS, LONGEST, CANDIDATES = 4, 40, 500
"""Bounds of the search: slips in a word, letters of a word, names it is compared with."""


@lru_cache(maxsize=1024)
def _closest(word: str, candidates: tuple[str, ...], reach: int) -> str | None:
    slips, name = min(((_slips(word, name.lower(), reach), name) for name in candidates), default=(reach + 1, ""))
    return name if slips <= reach and slips < len(word) else None


def _slips(a: str, b: str, most: int) -> int:
    """Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.

    Only the band of the table that at most `most` slips can reach is worked out; beyond, `most + 1`.
    """
    a, b = _apart(a, b)
    far = most + 1
    before: list[int] = []
    row = [j if j <= most else far for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [min(i, far)] + [far] * len(b)
        for j in range(max(1, i - most), min(len(b), i + most) + 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != b[j - 1]))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == b[j - 1]:
                cost = min(cost, last[j - 2] + 1)
            row[j] = min(cost, far)
        if min(row) == far:
            return far
    return row[-1]


def _apart(a: str, b: str) -> tuple[str, str]:
    """Two words without what they begin and end with in common."""
    start = _alike(a, b)
    a, b = a[start:], b[start:]
    end = _alike(a[::-1], b[::-1])
    return a[: len(a) - end], b[: len(b) - end]


def _alike(a: str, b: str) -> int:
    """How many letters two words begin with in common."""
    shorter = min(len(a), len(b))
    return next((i for i in range(shorter) if a[i] != b[i]), shorter)


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that are no warnings."""
    return [diagnostic for diagnostic in found if diagnostic.severity == "error"]


def ordered(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Without repeats, errors and warnings together in the order of the text."""
    yield from sorted(dict.fromkeys(diagnostics), key=lambda d: (d.file, d.span is None, d.span or Span(0, 0, 0, 0)))
