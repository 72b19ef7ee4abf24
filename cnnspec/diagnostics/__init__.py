"""What is said of a mistake: a `Diagnostic` as data, its codes and their pages, suggestions, wording."""

from __future__ import annotations

from .diagnostic import Diagnostic, Failure, FileError, Note, Severity, Span, SpecError, TrainingError, errors, ordered
from .suggest import closest

__all__ = [
    "Diagnostic",
    "Failure",
    "FileError",
    "Note",
    "Severity",
    "Span",
    "SpecError",
    "TrainingError",
    "closest",
    "errors",
    "ordered",
]
