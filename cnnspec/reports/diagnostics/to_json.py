"""Findings as one JSON document for programs; nothing is left out."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...diagnostics import Diagnostic


def render(diagnostics: Iterable[Diagnostic], verdicts: Iterable[tuple[str, bool]]) -> str:
    """`verdicts` says of each file whether it is in order.

    Lines and columns count characters from 1, the end is exclusive; they are null where a finding has no place.
    """
    document = {
        "diagnostics": [_record(d) for d in diagnostics],
        "files": [{"file": file, "ok": ok} for file, ok in verdicts],
    }
    return json.dumps(document, indent=2) + "\n"


def _record(diagnostic: Diagnostic) -> dict[str, str | int | None]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "why": diagnostic.why,
        "help": _help(diagnostic),
    }


def _help(diagnostic: Diagnostic) -> str:
    """The words beside the caret come first: they may be the suggestion."""
    return "; ".join(filter(None, (diagnostic.label, diagnostic.help)))
