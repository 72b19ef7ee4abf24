"""Specs with a cursor in them."""

from __future__ import annotations

from typing import NamedTuple

from cnnspec.server.reading import Reading, read

CURSOR = "¦"


class Cursor(NamedTuple):
    """A text without its cursor, as it is read, and where that was."""

    reading: Reading
    line: int
    column: int


def cursor(text: str, file: str = "net.yaml") -> Cursor:
    """The text of a file, with a `¦` where the cursor stands."""
    before, mark, behind = text.partition(CURSOR)
    assert mark, "no cursor"
    lines = before.split("\n")
    return Cursor(read(file, before + behind), len(lines), len(lines[-1]) + 1)
