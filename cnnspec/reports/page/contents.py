"""Which values are in the file: whole tensors while there is room, and what the marked cells of other layers read.

A layer is whole when all that it reads and gives is there; then each of its cells can be worked out. Of the others
some cells are marked: the blocks of values that these read are there, and their own values.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...graph.array import Array
from ...graph.explanation import Read, cells
from ...graph.graph import INPUT, Graph, Step
from ...graph.shape import Shape
from ..inspection.cell import gather
from ..inspection.trace import Trace
from .packing import Store, packed

BASE64 = 4 / 3
"""Letters for a byte."""
LEAST = 0.4
"""Bytes that are left of one, at best; what would not fit even so is not tried."""

Mark = tuple[str, Shape]
"""A layer and a place in its output."""


class Tensors:
    """Every array of the network by a number: the layers' own, in their order, then for each input what every layer
    made of it, `input` first. Views share the memory of their owner."""

    def __init__(self, graph: Graph, traces: Sequence[Trace]) -> None:
        self.graph = graph
        names = [INPUT, *(step.name for step in graph.steps)]
        own = list(graph.tensors)
        self.own = {name: i for i, name in enumerate(own)}
        self.made = [
            {name: len(own) + run * len(names) + i for i, name in enumerate(names)} for run in range(len(traces))
        ]
        self.arrays: list[Array] = [traces[0].tensors[name] for name in own]
        self.arrays += [trace.values[name] for trace in traces for name in names]
        self.owner = list(range(len(self.arrays)))
        for made in self.made:
            for name in names:
                self.owner[made[name]] = made[graph.storage[name]]

    def of(self, step: Step) -> set[int]:
        """The owners of all that a layer reads and gives, for every input."""
        found = {self.own[f"{step.name}.{key}"] for key in step.tensors}
        for made in self.made:
            found.update(self.owner[made[name]] for name in (*step.inputs, step.name))
        return found

    def number(self, step: Step, run: int, of: int | str) -> int:
        """The tensor that an explanation of the step calls so."""
        return self.made[run][step.inputs[of]] if isinstance(of, int) else self.own[f"{step.name}.{of}"]


@dataclass
class Contents:
    """The `values` in pieces; for each tensor its shape and its piece, or none; the marked cells of each input, the
    boxes of tensors by their ranges, (tensor, ranges) -> where they begin in the piece `box_piece`; whole layers."""

    values: Store = field(default_factory=Store)
    pieces: dict[int, int] = field(default_factory=dict)
    boxes: dict[int, dict[str, int]] = field(default_factory=dict)
    box_piece: int | None = None
    whole: set[str] = field(default_factory=set)


def contents(tensors: Tensors, marks: Sequence[Sequence[Mark]], traces: Sequence[Trace], room: int) -> Contents:
    """What fits in so many bytes of the file: the input, the marked cells of all layers, then whole layers, the
    smallest first. All layers whole need no marked cells."""
    found = Contents()
    everything = sum(tensors.arrays[i].nbytes for i in set(tensors.owner))
    boxes = _Boxes(tensors)
    if everything * LEAST * BASE64 > room:
        boxes.add(marks, traces)
    left = room - boxes.bytes * BASE64
    inputs = {made[INPUT] for made in tensors.made}
    left -= _put(found, {i: packed(tensors.arrays[i]) for i in sorted(inputs)})
    for step in sorted(tensors.graph.steps, key=lambda step: sum(tensors.arrays[i].size for i in tensors.of(step))):
        spent = _add(found, tensors, tensors.of(step) - found.pieces.keys(), left)
        if spent is not None:
            left -= spent
            found.whole.add(step.name)
    if len(found.whole) < len(tensors.graph.steps):
        boxes.add(marks, traces)
        found.boxes, values = boxes.outside(found.pieces.keys())
        found.box_piece = found.values.add(packed(values))
    return found


def _add(found: Contents, tensors: Tensors, wanted: set[int], left: float) -> float | None:
    """Put tensors into the file; the letters that they take, None where there is no room for them."""
    size = sum(tensors.arrays[i].nbytes for i in wanted)
    if size * LEAST * BASE64 > left:
        return None
    pieces = {i: packed(tensors.arrays[i]) for i in sorted(wanted)}
    if sum(map(len, pieces.values())) * BASE64 > left:
        return None
    return _put(found, pieces)


def _put(found: Contents, pieces: Mapping[int, bytes]) -> float:
    """Keep the pieces of some tensors; the letters that they take."""
    found.pieces.update((i, found.values.add(piece)) for i, piece in pieces.items())
    return sum(map(len, pieces.values())) * BASE64


class _Boxes:
    """The blocks of values that marked cells are made of, each once."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.blocks: dict[tuple[int, str], Array] = {}
        self.bytes = 0

    def add(self, marks: Sequence[Sequence[Mark]], traces: Sequence[Trace]) -> None:
        if self.blocks:
            return
        for run, trace in enumerate(traces):
            for name, place in marks[run]:
                self._add(self.tensors.made[run][name], Read(0, cells(place)))
                for number, read in _reads(self.tensors, trace, run, name, place):
                    self._add(number, read)
        self.bytes = sum(block.nbytes for block in self.blocks.values())

    def _add(self, number: int, read: Read) -> None:
        key = number, ranges(read)
        if key not in self.blocks:
            self.blocks[key] = gather(read, self.tensors.arrays[number]).values.astype(np.float32)

    def outside(self, pieces: Container[int]) -> tuple[dict[int, dict[str, int]], Array]:
        """The boxes of tensors that are not whole in the file, and their values one behind another."""
        kept = {k: b for k, b in self.blocks.items() if self.tensors.owner[k[0]] not in pieces}
        table: dict[int, dict[str, int]] = {}
        at = 0
        for (number, key), block in kept.items():
            table.setdefault(number, {})[key] = at
            at += block.size
        return table, np.concatenate([np.zeros(0, np.float32), *(block.reshape(-1) for block in kept.values())])


def _reads(tensors: Tensors, trace: Trace, run: int, name: str, place: Shape) -> Iterator[tuple[int, Read]]:
    step = trace.graph.by_name[name]
    for part in step.layer.explain(place, *step.arriving).parts.values():
        for read in (part.read, part.by):
            if read is not None:
                yield tensors.number(step, run, read.of), read


def ranges(read: Read) -> str:
    """A read's ranges as the page writes them, too."""
    said = ";".join(f"{axis.first},{axis.step},{axis.length}" for axis in read.axes)
    return f"flat {said}" if read.flat else said
