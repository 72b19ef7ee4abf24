"""From a place that is asked for to all that is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ....graph.graph import INPUT
from ....graph.shape import Shape
from ..cell import Cell
from ..sources import Source, strongest_source
from ..trace import Trace
from .telling import Told


def told(trace: Trace, name: str, place: Shape, follow: bool = False, classes: Sequence[str] | None = None) -> Told:
    """The value at a place of `input` or of a layer; with `follow` the trail from it to the input. Outputs that are
    vectors as long as `classes` have their names. Raises IndexError for a place that is not there."""
    whole = _alone(trace, name, place, classes)
    if not follow or whole.cell is None:
        return whole
    return replace(whole, trail=list(_followed(trace, whole, classes)))


def _followed(trace: Trace, told: Told, classes: Sequence[str] | None) -> Iterator[tuple[Told, Source | None]]:
    """From a cell along the strongest source of each to the input, or to where there is none."""
    while told.cell is not None:
        source = strongest_source(told.cell)
        yield told, source
        if source is None:
            return
        told = _alone(trace, source.name, source.place, classes)
    yield told, None


def _alone(trace: Trace, name: str, place: Shape, classes: Sequence[str] | None) -> Told:
    value = float(trace.values[name][place])
    if name == INPUT:
        return Told(name, place, value, None)
    cell = trace.cell(name, place)
    is_class = classes is not None and name in trace.graph.outputs and len(place) == 1
    named = classes[place[0]] if is_class and classes and len(classes) == len(trace.values[name]) else ""
    return Told(name, place, cell.executed, cell, _sees(trace, cell), class_name=named)


def _sees(trace: Trace, cell: Cell) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The rows and columns of the input in the cell's receptive field."""
    _, *sizes = trace.graph.input
    seen = []
    for field, i, size in zip(cell.step.receptive_fields, cell.place[1:], sizes, strict=False):
        if field is None:
            return None
        seen.append((max(0, field.first(i)), min(size - 1, field.last(i))))
    return (seen[0], seen[1]) if len(seen) == 2 else None
