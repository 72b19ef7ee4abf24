"""A memory plan as a table for people."""

from __future__ import annotations

from ...drawing.ansi import BOLD, DIM, painter
from ...drawing.terminal_text import escaped
from ...drawing.text_table import Column, Narrowing, TableRow, fitted, table, wrapped
from .cells import CONVENTIONS, RIGHT, TITLES, facts, rows
from .plan import Allocation

NARROWING = (
    Narrowing("kernel"),
    Narrowing("made by", least=16),
    Narrowing("tensor", least=16),
    Narrowing("until"),
    Narrowing("border"),
    Narrowing("made by"),
    Narrowing("inside of"),
)


def render(name: str, plan: Allocation, width: int | None = None, colour: bool = False) -> str:
    """Tensors and where they lie; those inside of others dimmed; the totals."""
    paint = painter(colour)
    columns = [Column(title, title, title in RIGHT, keeps_end=title in ("tensor", "until")) for title in TITLES]
    lines = [
        TableRow(cells, DIM if tensor.owner != tensor.name else "")
        for tensor, cells in zip(plan.tensors, rows(plan), strict=True)
    ]
    shown = [paint(BOLD, fitted(escaped(name), width)), "", *table(columns, [lines], width, NARROWING).lines(paint), ""]
    shown += [line for fact in facts(plan) for line in wrapped(f"{fact[0]:<10}  {fact[1]}", width, 12)]
    shown += ["", *(paint(DIM, line) for convention in CONVENTIONS for line in wrapped(convention, width, 2))]
    return "".join(f"{line}\n" for line in shown)
