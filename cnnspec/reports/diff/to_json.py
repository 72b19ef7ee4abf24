"""The difference of two specs for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ..summary.summary import Summary
from ..summary.to_json import layer, output
from .cells import WORDS, sign
from .diff import Change, Difference


def render(difference: Difference) -> str:
    """Changed layers whole, before and after; null where there is no such layer."""
    return json.dumps({"schema": 1, **compared(difference)}, indent=2) + "\n"


def compared(difference: Difference) -> dict[str, Any]:
    """A difference as it stands in a document."""
    return {
        "same": difference.is_empty,
        "before": _end(difference.before),
        "after": _end(difference.after),
        "layers": [_record(change) for change in difference.changes],
    }


def _end(summary: Summary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "file": summary.file,
        "input": summary.input,
        "output": output(summary),
        "totals": asdict(summary.totals) if summary.totals else None,
    }


def _record(change: Change) -> dict[str, Any]:
    return {
        "change": WORDS[sign(change)],
        "what": change.what,
        "before": layer(change.before) if change.before else None,
        "after": layer(change.after) if change.after else None,
    }
