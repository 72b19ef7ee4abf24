"""The engine's memory plan as text, JSON, Markdown and comma-separated values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from ...graph.shape import times
from ..drawing import markdown_table
from ..drawing.ansi import BOLD, DIM, painter
from ..drawing.csv_table import csv_table
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Line, Measure, fitted, table, wrapped
from ..summary.facts import counted
from .plan import Allocation, Held

TITLES = ("tensor", "made by", "kernel", "output", "border", "inside of", "at byte", "bytes", "until")
RIGHT = ("output", "border", "at byte", "bytes")
MEASURES = (
    Measure("kernel"),
    Measure("made by", least=16),
    Measure("tensor", least=16),
    Measure("until"),
    Measure("border"),
    Measure("made by"),
    Measure("inside of"),
)
CONVENTIONS = (
    "bytes: float32, for one input, borders included; weights and the scratch of each thread are apart.",
    "border: cells of zeros around an image, at the top, bottom, left and right where they differ.",
    "until: the last operation that needs the memory; later ones may use it again. Empty: kept to the end.",
)


def text(name: str, plan: Allocation, width: int | None = None, colour: bool = False) -> str:
    """Tensors and where they lie; those inside of others dimmed; the totals."""
    paint = painter(colour)
    columns = [Column(title, title, title in RIGHT, keeps_end=title in ("tensor", "until")) for title in TITLES]
    lines = [
        Line(cells, DIM if tensor.owner != tensor.name else "")
        for tensor, cells in zip(plan.tensors, _rows(plan), strict=True)
    ]
    shown = [paint(BOLD, fitted(escaped(name), width)), "", *table(columns, [lines], width, MEASURES).lines(paint), ""]
    shown += [line for fact in _facts(plan) for line in wrapped(f"{fact[0]:<10}  {fact[1]}", width, 12)]
    shown += ["", *(paint(DIM, line) for convention in CONVENTIONS for line in wrapped(convention, width, 2))]
    return "".join(f"{line}\n" for line in shown)


def markdown_text(name: str, plan: Allocation) -> str:
    rows = ((markdown_table.code(first), *rest) for first, *rest in _rows(plan))
    facts = [f"- **{label}** {value}" for label, value in _facts(plan)]
    conventions = [f"- {convention}" for convention in CONVENTIONS]
    lines = [
        f"## {markdown_table.plain(name)}",
        "",
        *markdown_table.table(TITLES, RIGHT, rows),
        "",
        *facts,
        "",
        *conventions,
    ]
    return "".join(f"{line}\n" for line in lines)


def csv_text(plan: Allocation) -> str:
    """Numbers are plain."""
    return csv_table(
        TITLES,
        [
            (
                escaped(tensor.name),
                " ".join(tensor.does),
                tensor.kernel,
                times(tensor.shape),
                " ".join(map(str, tensor.border)),
                _inside(tensor),
                tensor.offset,
                tensor.nbytes,
                escaped(tensor.until),
            )
            for tensor in plan.tensors
        ],
    )


def json_text(name: str, plan: Allocation) -> str:
    """One document, a tensor a line."""
    tensors = ",\n".join(f"    {json.dumps(asdict(tensor))}" for tensor in plan.tensors)
    totals = {"layers": plan.layers, "operations": plan.operations}
    totals |= {"arena_bytes": plan.arena, "at_once_bytes": plan.at_once, "apart_bytes": plan.apart}
    return (
        f'{{\n  "schema": 1,\n  "name": {json.dumps(name)},\n'
        f'  "tensors": [\n{tensors}\n  ],\n  "totals": {json.dumps(totals)}\n}}\n'
    )


def _rows(plan: Allocation) -> Iterator[tuple[str, ...]]:
    for tensor in plan.tensors:
        memory = (f"{tensor.offset:,}", f"{tensor.nbytes:,}", escaped(tensor.until))
        yield (
            escaped(tensor.name),
            " + ".join(tensor.does),
            tensor.kernel,
            times(tensor.shape),
            _border(tensor),
            _inside(tensor),
            # What lies inside of another tensor has no memory of its own.
            *(memory if tensor.owner == tensor.name else ("", "", "")),
        )


def _border(tensor: Held) -> str:
    sides = tensor.border
    if len(set(sides)) == 1:
        return str(sides[0]) if sides[0] else ""
    return " ".join(map(str, sides))


def _inside(tensor: Held) -> str:
    return "" if tensor.owner == tensor.name else f"{escaped(tensor.owner)} from {tensor.first}"


def _facts(plan: Allocation) -> Iterator[tuple[str, str]]:
    yield "operations", f"{plan.operations:,} for {plan.layers:,} layers; the others are folded or done on the way"
    yield "arena", f"{counted(plan.arena, 'B')} for one input"
    yield "at once", f"{counted(plan.at_once, 'B')} at the most; no plan can do with less"
    yield "apart", f"{counted(plan.apart, 'B')} if no memory were used twice"
