"""Findings as one JSON document for programs; nothing is left out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...diagnostics import Diagnostic, Fix

PLACE = ("line", "column", "end_line", "end_column")


def render(diagnostics: Iterable[Diagnostic], verdicts: Iterable[tuple[str, bool]]) -> str:
    """`verdicts` says of each file whether it is in order.

    Lines and columns count characters from 1, the end is exclusive; they are null where a finding has no place.
    """
    document = {
        "diagnostics": [record(d) for d in diagnostics],
        "files": [{"file": file, "ok": ok} for file, ok in verdicts],
    }
    return json.dumps(document, indent=2) + "\n"


def record(diagnostic: Diagnostic) -> dict[str, Any]:
    """A finding as it stands in the document."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": diagnostic.file,
        **dict(zip(PLACE, span or (None,) * 4, strict=True)),
        "why": diagnostic.why,
        "help": _help(diagnostic),
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    """The edits of a fix: `text` in place of what stands at a place."""
    edits = [dict(zip(PLACE, edit.span, strict=True)) | {"text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "sure": fix.is_sure, "edits": edits}


def _help(diagnostic: Diagnostic) -> str:
    """The words beside the caret come first: they may be the suggestion."""
    return "; ".join(filter(None, (diagnostic.label, diagnostic.help)))
