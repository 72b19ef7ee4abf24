"""The difference of two specs as comma-separated values."""

from __future__ import annotations

from typing import Any

from ..drawing.csv_table import csv_table
from ..summary.to_json import layer
from .cells import WORDS, sign
from .diff import Difference

KEYS = ("name", "kind", "line", "output", "params", "buffers", "macs")


def render(difference: Difference) -> str:
    """The changed layers, counts before and after as plain numbers; empty where there is no such layer."""
    titles = ("change", "what", *(f"{key}_{when}" for key in KEYS for when in ("before", "after")))
    rows = []
    for change in difference.changes:
        pair = [layer(row) if row else dict.fromkeys(KEYS, "") for row in (change.before, change.after)]
        cells = [_plain(side[key]) for key in KEYS for side in pair]
        rows.append((WORDS[sign(change)], " ".join(change.what), *cells))
    return csv_table(titles, rows)


def _plain(value: Any) -> Any:
    return "x".join(map(str, value)) if isinstance(value, tuple) else value
