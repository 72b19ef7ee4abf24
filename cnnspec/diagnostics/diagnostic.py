"""Errors and warnings as data.

A `Diagnostic` says what is wrong (`message`), where (`span`, with a `label` beside the caret), why
(the arithmetic) and what to write instead (`help`, and as an edit in `fixes`). Nothing here prints:
`cnnspec.reports` turns diagnostics into text, JSON, GitHub annotations and SARIF.

Codes: E0 syntax and safety, E1 schema and references, E2 shapes, E3 expectations, budgets and settings of training,
E4 files, weights, images and data, E5 training itself, W warnings. Each has a page in `cnnspec/diagnostics/codes/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from os import PathLike, fspath
from typing import Literal, NamedTuple

from .span import Fix, Span
from .wording import QUOTED, bounded

Severity = Literal["error", "warning"]


class Note(NamedTuple):
    """A second place that explains the first, shown with its line and `label`."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `file` is the path shown to the reader; `span` is None when no place in it applies.

    However long the texts are that it quotes, it is not: only `help` keeps them whole, to be pasted.
    """

    code: str
    message: str
    file: str = ""
    span: Span | None = None
    label: str = ""
    notes: tuple[Note, ...] = ()
    why: str = ""
    help: str = ""
    is_strict: bool = False  # a warning that counts as an error
    fixes: tuple[Fix, ...] = ()

    def __post_init__(self) -> None:
        for name in ("message", "label", "why"):
            if len(getattr(self, name)) > QUOTED:
                object.__setattr__(self, name, bounded(getattr(self, name)))

    @property
    def severity(self) -> Severity:
        return "warning" if self.code.startswith("W") and not self.is_strict else "error"

    def within(self, file: str) -> Diagnostic:
        """The same finding, placed in `file`."""
        return replace(self, file=file)

    def __str__(self) -> str:
        place = f"{self.file}:{self.span.line}:{self.span.column}: " if self.span else f"{self.file}: "
        return f"{place if self.file else ''}{self.severity}[{self.code}]: {self.message}"


def _in_full(found: Diagnostic) -> str:
    reasons = [f"\n  = {title}: {said}" for title, said in (("why", found.why), ("help", found.help)) if said]
    label = f" ({found.label})" if found.label else ""
    return f"{found}{label}{''.join(reasons)}"


class Failure(Exception):  # noqa: N818 - the base of SpecError and FileError
    """Work that cannot go on, with the diagnostics that say why."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(*self.diagnostics)

    def __reduce__(self) -> tuple[type[Failure], tuple[tuple[Diagnostic, ...]]]:
        """From one process to another it goes with its diagnostics."""
        return type(self), (self.diagnostics,)

    def __str__(self) -> str:
        """Each finding with why and help."""
        return "\n".join(map(_in_full, self.diagnostics))


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


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that are no warnings."""
    return [diagnostic for diagnostic in found if diagnostic.severity == "error"]


def ordered(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Without repeats, errors and warnings together in the order of the text."""
    yield from sorted(dict.fromkeys(diagnostics), key=lambda d: (d.file, d.span is None, d.span or Span(0, 0, 0, 0)))
