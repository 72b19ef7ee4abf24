"""A confusion matrix as an SVG picture: the darker a cell, the more of its row's examples are in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...diagnostics.wording import quantity
from ...train.metrics import Evaluation
from ..drawing.svg import document, square, text
from ..drawing.text_table import shortened
from .to_text import names_of, percent

CELL, SMALL = 36, 14
"""Pixels of a cell, where there are few classes and where there are many."""
FEW = 25
SHOWN, LETTER_WIDTH = 14, 7.8
"""Of a class' name, so many letters are shown, each about so wide."""
MARGIN, HEADER, CAPTION = 16, 78, 80
"""Room around the cells, above them for the captions, and for half of the longest caption."""


def render(name: str, found: Evaluation, classes: Sequence[str] | None) -> str:
    """The picture of an evaluation that has a confusion matrix."""
    assert found.confusion is not None
    names = [shortened(each, SHOWN) for each in names_of(found, classes)]
    cell = CELL if len(names) <= FEW else SMALL
    longest = LETTER_WIDTH * max(map(len, names))
    turned = longest > cell
    left, top = MARGIN + 24 + longest, HEADER + (longest if turned else 12)
    side = cell * len(names)
    width = max(left + side + MARGIN, left + side / 2 + CAPTION, 260)
    heading = [
        text(MARGIN, 26, shortened(name, 30), kind="title"),
        text(MARGIN, 46, f"accuracy {percent(found.accuracy)} of {quantity(found.examples, 'example')}", kind="soft"),
        text(left + side / 2, 66, "answer of the network", "middle", "soft"),
        text(MARGIN + 4, top + side / 2, "class", "middle", "soft", turn=-90),
    ]
    parts = [*heading, *_labels(names, left, top, cell, turned), *_cells(found.confusion.tolist(), left, top, cell)]
    return document(width, top + side + MARGIN, f"Confusion matrix of {name}", parts)


def _labels(names: Sequence[str], left: float, top: float, cell: int, turned: bool) -> Iterator[str]:
    for i, name in enumerate(names):
        middle = (i + 0.5) * cell
        yield text(left - 6, top + middle + 4, name, "end")
        if turned:
            yield text(left + middle + 4, top - 6, name, turn=-90)
        else:
            yield text(left + middle, top - 6, name, "middle")


def _cells(rows: Sequence[Sequence[int]], left: float, top: float, cell: int) -> Iterator[str]:
    for i, row in enumerate(rows):
        whole = max(1, sum(row))
        for j, count in enumerate(row):
            share = count / whole
            x, y = left + j * cell, top + i * cell
            yield square(x + 0.5, y + 0.5, cell - 1, "first" if i == j else "second", _opacity(share))
            if count and cell == CELL:
                yield text(x + cell / 2, y + cell / 2 + 4, f"{count}", "middle", "page" if share > 0.5 else "")


def _opacity(share: float) -> float:
    """Few mistakes are to be seen, too: from 0.05 for none in steep ascent to 1."""
    return 0.05 + 0.95 * math.pow(share, 0.6)
