"""The shape that comes out of each layer, shown at the end of its line."""

from __future__ import annotations

from typing import NamedTuple

from ..language.syntax.tree import FromEntry, InvalidEntry
from .facts import shapes
from .reading import Reading

SHOWN = 3
"""So many different shapes of an entry's uses are shown."""


class Hint(NamedTuple):
    """A text behind the last character of a line."""

    line: int
    text: str


def inlay_hints(reading: Reading, first: int, last: int) -> list[Hint]:
    """The hints of the lines `first` to `last`. Of the layers in one line the outermost speaks."""
    found: dict[int, str] = {}
    for entry, _ in reading.entries:
        line = entry.word.span.line
        if not first <= line <= last or line in found or isinstance(entry, FromEntry | InvalidEntry):
            continue
        known = shapes(reading, entry)
        if known:
            found[line] = ", ".join(known[:SHOWN]) + (", ..." if len(known) > SHOWN else "")
    return [Hint(line, f"-> {text}") for line, text in sorted(found.items())]
