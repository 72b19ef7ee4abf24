"""The difference of two specs as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from ..drawing.ansi import BOLD, GREEN, RED, YELLOW, Paint, painter
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Narrowing, TableRow, fitted, table
from .cells import CHANGES, TOTALS, alike, changes, title, totals
from .diff import Difference

COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
NARROWING = (
    Narrowing("kind", least=24),
    Narrowing("layer", least=16),
    Narrowing("kind", least=8),
    Narrowing("output"),
    Narrowing("layer", least=8),
    Narrowing("kind"),
)
TOTAL_NARROWING = (
    Narrowing("change"),
    Narrowing("after", least=14),
    Narrowing("before", least=14),
    Narrowing("", least=12),
)


def render(difference: Difference, width: int | None = None, colour: bool = False) -> str:
    """Changed layers, then the totals of both."""
    return "".join(f"{line}\n" for line in _lines(difference, width, painter(colour)))


def _lines(difference: Difference, width: int | None, paint: Paint) -> Iterator[str]:
    yield paint(BOLD, fitted(escaped(title(difference)), width))
    yield ""
    if difference.changes:
        lines = [TableRow(cells, COLOURS[cells[0]]) for cells in changes(difference)]
        columns = [Column(name, name, name in CHANGES[3:], gap=2 if i > 1 else 1) for i, name in enumerate(CHANGES)]
        yield from table(columns, [lines], width, NARROWING).lines(paint)
    yield alike(difference)
    yield ""
    columns = [Column(name, name, bool(name)) for name in TOTALS]
    lines = [TableRow(cells) for cells in totals(difference)]
    yield from table(columns, [lines], width, TOTAL_NARROWING).lines(paint)
