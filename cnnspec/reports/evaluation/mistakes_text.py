"""The most confident mistakes of a network in the terminal: which examples, what they are, what they were taken for."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph.array import Array
from ...train.mistakes import Mistake
from ..drawing.ansi import painter
from ..drawing.decimals import Decimals
from ..drawing.half_blocks import half_blocks, reduced
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Narrowing, TableRow, table

COLUMNS = (
    Column("example", "example", right=True),
    Column("file", "file", keeps_end=True),
    Column("right", "of class"),
    Column("right score", "score", right=True),
    Column("said", "taken for"),
    Column("said score", "score", right=True),
)
NARROWING = (Narrowing("file", 8), Narrowing("right score"), Narrowing("said", 8), Narrowing("right", 8))
WIDEST = 32
"""Columns of a picture."""
PIPE = 100
"""Columns where the output is no terminal."""
ROWS = 2
"""Rows of pictures."""


def render(
    mistakes: Sequence[Mistake],
    names: Sequence[str] | None,
    pictures: Sequence[Array] = (),
    width: int | None = None,
    colour: bool = False,
) -> str:
    """A row for each, and the first `pictures` (H, W), from 0 to 255, as many as have room in two rows."""
    if not mistakes:
        return "\nno mistakes\n"
    rows = [TableRow(_cells(each, names)) for each in mistakes]
    shown = table([c for c in COLUMNS if c.key != "file" or mistakes[0].file], [rows], width, NARROWING)
    lines = ["", "the most confident mistakes", *shown.lines(painter(colour))]
    lines += _drawn(mistakes, pictures, width or PIPE, colour)
    return "\n".join(lines) + "\n"


def name(index: int, names: Sequence[str] | None) -> str:
    return names[index] if names else str(index)


def _cells(each: Mistake, names: Sequence[str] | None) -> tuple[str, ...]:
    one = Decimals(4).one
    file = (escaped(each.file),) if each.file else ()
    right, said = (escaped(name(index, names)) for index in (each.right, each.said))
    return (str(each.example), *file, right, one(each.right_score), said, one(each.said_score))


def _drawn(mistakes: Sequence[Mistake], pictures: Sequence[Array], width: int, colour: bool) -> list[str]:
    """Side by side, the number of the example above each."""
    small = [reduced(picture[None], WIDEST)[0] / 255 for picture in pictures]
    if not small:
        return []
    margin = max(small[0].shape[1], *(len(str(each.example)) for each in mistakes)) + 2
    across = max(1, width // margin)
    lines = []
    for i in range(0, min(len(small), across * ROWS), across):
        row = small[i : i + across]
        titles = [str(each.example).ljust(margin) for each in mistakes[i : i + len(row)]]
        gap = " " * (margin - small[0].shape[1])
        lines += ["", "".join(titles).rstrip()]
        drawn = [half_blocks(picture.tolist(), colour) for picture in row]
        lines += [gap.join(parts).rstrip() for parts in zip(*drawn, strict=True)]
    return lines
