"""The difference of two specs as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from ..drawing.ansi import BOLD, GREEN, RED, YELLOW, Paint, painter
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Line, Measure, fitted, table
from .cells import CHANGES, TOTALS, alike, changes, title, totals
from .diff import Difference

COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
MEASURES = (
    Measure("kind", least=24),
    Measure("layer", least=16),
    Measure("kind", least=8),
    Measure("output"),
    Measure("layer", least=8),
    Measure("kind"),
)
TOTAL_MEASURES = (Measure("change"), Measure("after", least=14), Measure("before", least=14), Measure("", least=12))


def render(difference: Difference, width: int | None = None, colour: bool = False) -> str:
    """Changed layers, then the totals of both."""
    return "".join(f"{line}\n" for line in _lines(difference, width, painter(colour)))


def _lines(difference: Difference, width: int | None, paint: Paint) -> Iterator[str]:
    yield paint(BOLD, fitted(escaped(title(difference)), width))
    yield ""
    if difference.changes:
        lines = [Line(cells, COLOURS[cells[0]]) for cells in changes(difference)]
        columns = [Column(name, name, name in CHANGES[3:], gap=2 if i > 1 else 1) for i, name in enumerate(CHANGES)]
        yield from table(columns, [lines], width, MEASURES).lines(paint)
    yield alike(difference)
    yield ""
    columns = [Column(name, name, bool(name)) for name in TOTALS]
    lines = [Line(cells) for cells in totals(difference)]
    yield from table(columns, [lines], width, TOTAL_MEASURES).lines(paint)
