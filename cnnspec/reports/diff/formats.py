"""The difference of two specs as text, JSON, Markdown and comma-separated values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..drawing import markdown_table
from ..drawing.ansi import BOLD, GREEN, RED, YELLOW, Paint, painter
from ..drawing.csv_table import csv_table
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Line, Measure, fitted, table
from ..summary.summary import Summary
from ..summary.to_json import layer, output
from .cells import CHANGES, TOTALS, changes, sign, totals
from .diff import Change, Difference

COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
WORDS = {"+": "added", "-": "removed", "~": "changed"}
MEASURES = (
    Measure("kind", least=24),
    Measure("layer", least=16),
    Measure("kind", least=8),
    Measure("output"),
    Measure("layer", least=8),
    Measure("kind"),
)
TOTAL_MEASURES = (Measure("change"), Measure("after", least=14), Measure("before", least=14), Measure("", least=12))


def text(difference: Difference, width: int | None = None, colour: bool = False) -> str:
    """Changed layers, then the totals of both."""
    return "".join(f"{line}\n" for line in _text(difference, width, painter(colour)))


def _text(difference: Difference, width: int | None, paint: Paint) -> Iterator[str]:
    yield paint(BOLD, fitted(escaped(_title(difference)), width))
    yield ""
    if difference.changes:
        lines = [Line(cells, COLOURS[cells[0]]) for cells in changes(difference)]
        columns = [Column(title, title, title in CHANGES[3:], gap=2 if i > 1 else 1) for i, title in enumerate(CHANGES)]
        yield from table(columns, [lines], width, MEASURES).lines(paint)
    yield _alike(difference)
    yield ""
    columns = [Column(title, title, bool(title)) for title in TOTALS]
    lines = [Line(cells) for cells in totals(difference)]
    yield from table(columns, [lines], width, TOTAL_MEASURES).lines(paint)


def markdown_text(difference: Difference) -> str:
    """The same two tables as Markdown."""
    return "".join(f"{line}\n" for line in _markdown(difference))


def _markdown(difference: Difference) -> Iterator[str]:
    yield f"## {markdown_table.plain(_title(difference))}"
    yield ""
    if difference.changes:
        rows = (
            [WORDS[first], _names(name), *map(markdown_table.plain, rest)] for first, name, *rest in changes(difference)
        )
        yield from markdown_table.table(CHANGES, CHANGES[3:], rows)
        yield ""
    yield _alike(difference)
    yield ""
    yield from markdown_table.table(
        TOTALS, TOTALS[1:], (list(map(markdown_table.plain, cells)) for cells in totals(difference))
    )


def _names(names: str) -> str:
    """A layer's name as code; both where it is called something else now."""
    return " -> ".join(map(markdown_table.code, names.split(" -> ")))


def csv_text(difference: Difference) -> str:
    """The changed layers, counts before and after as plain numbers; empty where there is no such layer."""
    titles = ("change", "what", *(f"{key}_{when}" for key in CSV for when in ("before", "after")))
    rows = []
    for change in difference.changes:
        pair = [layer(row) if row else dict.fromkeys(CSV, "") for row in (change.before, change.after)]
        cells = [_plain(side[key]) for key in CSV for side in pair]
        rows.append((WORDS[sign(change)], " ".join(change.what), *cells))
    return csv_table(titles, rows)


CSV = ("name", "kind", "line", "output", "params", "buffers", "macs")


def _plain(value: Any) -> Any:
    return "x".join(map(str, value)) if isinstance(value, tuple) else value


def json_text(difference: Difference) -> str:
    """Changed layers whole, before and after; null where there is no such layer."""
    before, after = difference.before, difference.after
    document = {
        "schema": 1,
        "same": difference.is_empty,
        "before": _end(before),
        "after": _end(after),
        "layers": [_record(change) for change in difference.changes],
    }
    return json.dumps(document, indent=2) + "\n"


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


def _title(difference: Difference) -> str:
    before, after = difference.before, difference.after
    return f"{before.name} ({before.file}) -> {after.name} ({after.file})"


def _alike(difference: Difference) -> str:
    if difference.is_empty:
        return f"no difference, layers: {difference.alike:,}"
    return f"layers that differ: {len(difference.changes):,}, the same: {difference.alike:,}"
