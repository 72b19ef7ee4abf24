"""An evaluation for people: figures, a row for each class, the confusion matrix where there is room for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...train.metrics import Evaluation
from ..drawing.ansi import painter
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Narrowing, Table, TableRow, table, wrapped

LARGEST_MATRIX = 20
MISTAKES = 10
"""Of how many classes the matrix is still shown, and how many mistakes are listed in its stead."""
NAME = 9
"""Columns that a class's name keeps where room is short."""


def render(
    title: str, found: Evaluation, classes: Sequence[str] | None, width: int | None = None, colour: bool = False
) -> str:
    """Title, figures and tables. `classes` are their names, where they have any."""
    lines = [*wrapped(escaped(title), width, 2), "", *wrapped(_figures(found), width, 2)]
    names = names_of(found, classes)
    tables = [_by_class(found, names, width), *_confusion(found, names, width)] if names else []
    for heading, shown in tables:
        lines += ["", *heading, *shown.lines(painter(colour))]
    return "".join(f"{line}\n" for line in lines)


def names_of(found: Evaluation, classes: Sequence[str] | None) -> tuple[str, ...]:
    """A name for each class: its own or its number; none where the output is no list of classes."""
    named = found.named(classes) or map(str, range(found.count))
    return tuple(escaped(name) for name in named)


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def _figures(found: Evaluation) -> str:
    exact = found.labels.exact if found.labels is not None and found.count > 1 else None
    shares = {"accuracy": found.accuracy, "top-5": found.top5, "all labels right": exact}
    known = [f"{name} {percent(share)}" for name, share in shares.items() if share is not None]
    return "   ".join([f"loss {found.loss:.4f}", *known])


def _by_class(found: Evaluation, names: Sequence[str], width: int | None) -> tuple[list[str], Table]:
    columns = [
        Column("class", "class", keeps_end=True),
        Column("examples", "examples", right=True),
        Column("precision", "precision", right=True),
        Column("recall", "recall", right=True),
    ]
    rows = [
        TableRow([name, f"{score.examples:,}", percent(score.precision), percent(score.recall)])
        for name, score in zip(names, found.classes(), strict=True)
    ]
    return [], table(columns, [rows], width, [Narrowing("class", NAME)])


def _confusion(found: Evaluation, names: Sequence[str], width: int | None) -> Iterator[tuple[list[str], Table]]:
    """The matrix, or its largest mistakes where it is too large to be read."""
    if found.confusion is None:
        return
    columns = [Column("right", ""), *(Column(f"{i}", name, right=True) for i, name in enumerate(names))]
    rows = [
        TableRow([name, *(f"{count:,}" if count else "·" for count in counts)])
        for name, counts in zip(names, found.confusion.tolist(), strict=True)
    ]
    matrix = table(columns, [rows])
    room = sum(matrix.widths.values()) + 2 * len(names)
    if len(names) <= LARGEST_MATRIX and (width is None or room <= width):
        yield wrapped("confusion: a row for each class, a column for each answer of the network", width, 2), matrix
        return
    mistakes = [TableRow([f"{count:,}", names[right], names[said]]) for count, right, said in found.mistakes(MISTAKES)]
    if mistakes:
        titles = (Column("examples", "examples", right=True), Column("right", "of class"), Column("said", "taken for"))
        narrowing = Narrowing("right", NAME), Narrowing("said", NAME)
        yield ["the commonest mistakes"], table(titles, [mistakes], width, narrowing)
