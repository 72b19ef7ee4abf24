"""Changed specs as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from ..drawing.ansi import BOLD, Paint, painter
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Narrowing, TableRow, fitted, table
from .cells import conclusion, rows, title, titles
from .revisions import Revisions

NARROWING = (
    Narrowing("peak activation bytes"),
    Narrowing("weight bytes"),
    Narrowing("spec", least=16),
    Narrowing("output"),
    Narrowing("MACs"),
    Narrowing("params"),
)


def render(revisions: Revisions, width: int | None = None, colour: bool = False) -> str:
    """A row for each spec; its layers are told by `summary --diff` and in the other formats."""
    return "".join(f"{line}\n" for line in _lines(revisions, width, painter(colour)))


def _lines(revisions: Revisions, width: int | None, paint: Paint) -> Iterator[str]:
    yield paint(BOLD, fitted(escaped(title(revisions)), width))
    yield ""
    if revisions.changes:
        heads = titles(revisions)
        columns = [Column(head, head, right=i > 2, keeps_end=i == 0) for i, head in enumerate(heads)]
        lines = [TableRow(tuple(map(escaped, cells))) for cells in rows(revisions)]
        yield from table(columns, [lines], width, NARROWING).lines(paint)
    yield conclusion(revisions)
