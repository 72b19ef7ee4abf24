"""From a value to those that it was made of, and on along the strongest of them to the network's input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...graph.graph import INPUT
from ...graph.shape import Shape
from .cell import Block, Cell, PartNumbers
from .trace import Trace


class Source(NamedTuple):
    """A value that another was made of: the tensor that it is in, its place there, and among how many it was read.
    `factor` is what it was multiplied with, None where it was not."""

    name: str
    place: Shape
    value: float
    factor: float | None
    among: int


def place_in(cell: Cell, block: Block, index: Shape) -> Shape:
    """Where a cell of a block that was read lies in the tensor that it was read from."""
    place = block.place(index)
    if not block.read.flat:
        return place
    assert isinstance(block.read.of, int)
    return tuple(int(i) for i in np.unravel_index(place[0], cell.step.arriving[block.read.of]))


def strongest_source(cell: Cell) -> Source | None:
    """The arriving value that contributes most: the largest, or the largest product in size. None where nothing that
    arrived was read: the layer made the value of padding, or of nothing."""
    arriving = [p for p in cell.parts.values() if p.block is not None and isinstance(p.block.read.of, int)]
    # What a value is made of comes before what it is measured by: the cell of a norm, not the mean of all.
    single = [part for part in arriving if part.part.how == "cell"]
    found = [source for part in single or arriving if (source := _of(cell, part)) is not None]
    return max(
        found, key=lambda source: abs(source.value * (1 if source.factor is None else source.factor)), default=None
    )


def _of(cell: Cell, part: PartNumbers) -> Source | None:
    block = part.block
    assert block is not None
    if not block.inside.any():
        return None
    weighed = part.terms if part.part.how == "largest" else np.abs(part.terms)
    at = np.unravel_index(np.where(block.inside, weighed, -np.inf).argmax(), weighed.shape)
    index = tuple(int(i) for i in at)
    assert isinstance(block.read.of, int)
    factor = None if part.factors is None else float(part.factors[index])
    name = cell.step.inputs[block.read.of]
    return Source(name, place_in(cell, block, index), float(block.values[index]), factor, block.values.size)


def trail(trace: Trace, name: str, place: Shape) -> Iterator[tuple[Cell, Source | None]]:
    """Each cell on the way from a value along the strongest source to `input`, with that source."""
    while name != INPUT:
        cell = trace.cell(name, place)
        source = strongest_source(cell)
        yield cell, source
        if source is None:
            return
        name, place = source.name, source.place
