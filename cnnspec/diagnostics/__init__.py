"""What is said of a mistake: a `Diagnostic` as data, its codes and their pages, suggestions, wording."""

from __future__ import annotations

from .diagnostic import Diagnostic, Failure, FileError, Note, Severity, SpecError, TrainingError, errors, ordered
from .issue import Issue
from .span import NOWHERE, Edit, Fix, Span, instead
from .suggest import closest

__all__ = [
    "NOWHERE",
    "Diagnostic",
    "Edit",
    "Failure",
    "FileError",
    "Fix",
    "Issue",
    "Note",
    "Severity",
    "Span",
    "SpecError",
    "TrainingError",
    "closest",
    "errors",
    "instead",
    "ordered",
]
