"""Text tables: columns side by side, fitted to a width by dropping and shortening what matters least."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from . import terminal_text
from .ansi import BOLD, DIM, Paint

CUT = "…"
JOINT = "\x1f"
"""Stands for a blank within code."""


class Column(NamedTuple):
    """A column is aligned `right` for numbers, stands `gap` blanks from the one before, and when it must be shortened
    may keep the end of its texts."""

    key: str
    title: str
    right: bool = False
    gap: int = 2
    keeps_end: bool = False


class TableRow(NamedTuple):
    """A row of cells, one for each column, all in one colour."""

    cells: Sequence[str]
    colour: str = ""


class Narrowing(NamedTuple):
    """A way to make a table narrower: shorten a column to no less than `least`; 0 drops it."""

    key: str
    least: int = 0


class Table(NamedTuple):
    """Lines in sections with rules between them. A column of width 0 is not shown."""

    columns: Sequence[Column]
    sections: Sequence[Sequence[TableRow]]
    widths: Mapping[str, int]

    def shows(self, key: str) -> bool:
        return self.widths[key] > 0

    def lines(self, paint: Paint) -> Iterator[str]:
        """Titles, then the sections."""
        yield self._line([column.title for column in self.columns], BOLD, paint)
        for section in filter(None, self.sections):
            yield paint(DIM, "─" * _total(self.columns, self.widths))
            for line in section:
                yield self._line(line.cells, line.colour, paint)

    def _line(self, cells: Sequence[str], colour: str, paint: Paint) -> str:
        pairs = zip(self.columns, cells, strict=True)
        return _line([(c, cell, self.widths[c.key]) for c, cell in pairs if self.shows(c.key)], colour, paint)


def table(
    columns: Sequence[Column],
    sections: Sequence[Sequence[TableRow]],
    width: int | None = None,
    narrowing: Iterable[Narrowing] = (),
) -> Table:
    """A table with at least one line, whole, or narrowed step by step until it fits `width`."""
    rows = [line.cells for section in sections for line in section]
    widths = {
        column.key: max(terminal_text.width(column.title), *map(terminal_text.width, cells))
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
    }
    if width is not None:
        _fit(columns, widths, width, narrowing)
    return Table(columns, sections, widths)


def _fit(columns: Sequence[Column], widths: dict[str, int], width: int, narrowing: Iterable[Narrowing]) -> None:
    for step in narrowing:
        if step.key not in widths:  # a column that this table does not have
            continue
        over = _total(columns, widths) - width
        if over <= 0:
            break
        room = widths[step.key]
        widths[step.key] = min(room, max(step.least, room - over)) if step.least else 0


def _total(columns: Sequence[Column], widths: Mapping[str, int]) -> int:
    shown = [column for column in columns if widths[column.key]]
    return sum(column.gap + widths[column.key] for column in shown) - shown[0].gap


def _line(cells: Iterable[tuple[Column, str, int]], colour: str, paint: Paint) -> str:
    """Cells put side by side; a zero is dimmed in a line without a colour of its own."""
    parts: list[str] = []
    blanks = 0
    for column, text, room in cells:
        shown = shortened(text, room, column.keeps_end)
        free = room - terminal_text.width(shown)
        gap = (column.gap if parts else 0) + blanks
        blanks = 0 if column.right else free
        before = " " * (gap + (free if column.right else 0))
        parts.append(before + (paint(DIM, shown) if shown == "0" and not colour else shown))
    return paint(colour, "".join(parts).rstrip())


def fitted(text: str, width: int | None) -> str:
    """A line of its own, shortened where there is a width."""
    return text if width is None else shortened(text, width)


def wrapped(text: str, width: int | None, indent: int) -> list[str]:
    """A text of its own as lines, all but the first indented; one line where there is no width. A word that is longer
    than a line stays whole, and so does what stands between backticks: it may be copied."""
    if width is None or terminal_text.width(text) <= width:
        return [text]
    parts = text.split("`")
    for i in range(1, len(parts) - 1, 2):
        parts[i] = parts[i].replace(" ", JOINT)
    line, *words = "`".join(parts).split(" ")
    lines = []
    for word in words:
        if terminal_text.width(line) + 1 + terminal_text.width(word) > width:
            lines.append(line.rstrip())
            line = " " * indent + word
        else:
            line += f" {word}"
    return [line.replace(JOINT, " ") for line in (*lines, line)]


def shortened(text: str, room: int, keeps_end: bool = False) -> str:
    """`text` cut to `room` columns, with an ellipsis for what is missing."""
    if terminal_text.width(text) <= room:
        return text
    kept = text[::-1] if keeps_end else text
    while terminal_text.width(kept) > room - 1:
        kept = kept[:-1]
    return CUT + kept[::-1] if keeps_end else kept.rstrip() + CUT
