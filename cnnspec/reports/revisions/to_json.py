"""Changed specs for programs."""

from __future__ import annotations

import json
from typing import Any

from ..diagnostics.to_json import record
from ..diff.to_json import compared
from .revisions import Revisions, SpecChange


def render(revisions: Revisions) -> str:
    """For each spec its names, what is wrong with it as it is now, and its difference, null where one end is missing
    or broken."""
    document = {
        "schema": 1,
        "base": revisions.base,
        "head": revisions.head,
        "mistakes": revisions.mistakes,
        "specs": [_change(change) for change in revisions.changes],
    }
    return json.dumps(document, indent=2) + "\n"


def _change(change: SpecChange) -> dict[str, Any]:
    difference = change.difference
    return {
        "change": change.word,
        "before": change.before.source.file if change.before else None,
        "after": change.after.source.file if change.after else None,
        "milliseconds": change.times._asdict() if change.times else None,
        "findings": [record(found) for found in change.findings],
        "difference": compared(difference) if difference else None,
    }
