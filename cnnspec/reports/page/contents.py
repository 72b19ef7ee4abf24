"""Which values are in the file: whole tensors while there is room, and what the marked cells of other layers read.

A layer is whole when all that it reads and gives is there; then each of its cells can be worked out. Of the others
some cells are marked: the blocks of values that these read are there, and their own values; and some maps are there as
small pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from ...graph.graph import INPUT
from ..inspection.trace import Trace
from .boxes import Boxes, Mark
from .packing import Store, packed
from .pictures import Pictures, pictures
from .run_data import marks
from .tensors import Tensors

BASE64 = 4 / 3
"""Letters for a byte."""
LEAST = 0.4
"""Bytes that are left of one, at best; what would not fit even so is not tried."""
SHARE = 0.85
"""Of the room, that pictures and marked cells may take."""


class Amount(NamedTuple):
    """The most bytes of the file, and of a layer that is not whole so many pictures of maps and marked cells."""

    size: int
    maps: int
    cells: int


@dataclass
class Contents:
    """The `values` in pieces. `pieces` are those of whole tensors, `pictures` of layers' maps by their tensors, and
    `box_piece` that of the boxes, each of which begins where `boxes` says for its tensor and ranges. `marked` are the
    cells of each input that are there, of layers that are not `whole`."""

    values: Store = field(default_factory=Store)
    pieces: dict[int, int] = field(default_factory=dict)
    pictures: dict[int, tuple[int, Pictures]] = field(default_factory=dict)
    boxes: dict[int, dict[str, int]] = field(default_factory=dict)
    box_piece: int | None = None
    whole: set[str] = field(default_factory=set)
    marked: list[list[Mark]] = field(default_factory=list)


class _Sample(NamedTuple):
    """What is there of layers that do not fit: boxes of the marked cells, and pictures by tensor."""

    marks: list[list[Mark]]
    boxes: Boxes
    pictures: dict[int, Pictures]

    @property
    def letters(self) -> float:
        return BASE64 * (self.boxes.bytes + sum(len(picture.data) for picture in self.pictures.values()))


class _Packed:
    """Tensors as pieces, each deflated once."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.done: dict[int, bytes] = {}

    def letters(self, wanted: Iterable[int], most: float) -> float:
        """How many some tensors take; more than `most` where even the best deflating would not do."""
        known = [i for i in wanted if i in self.done]
        new = [i for i in wanted if i not in self.done]
        least = LEAST * sum(self.tensors.arrays[i].nbytes for i in new) + sum(len(self.done[i]) for i in known)
        if least * BASE64 > most:
            return least * BASE64
        self.done.update((i, packed(self.tensors.arrays[i])) for i in new)
        return BASE64 * sum(len(self.done[i]) for i in wanted)


def contents(
    tensors: Tensors, traces: Sequence[Trace], threads: Sequence[Sequence[Mark]], amount: Amount, room: int
) -> Contents:
    """What fits in so many bytes of the file: everything, or else the inputs, the marked cells and pictures of all
    layers, and then whole layers, the smallest first. Cells on the `threads` are marked."""
    pieces = _Packed(tensors)
    steps = tensors.graph.steps
    every = set(tensors.owner)
    if pieces.letters(every, room) <= room:
        return _filled(tensors, pieces, every, {step.name for step in steps}, None)
    needed = {made[INPUT] for made in tensors.made}
    needed |= {tensors.owner[made[step.name]] for made in tensors.made for step in steps if len(step.shape) == 1}
    left = room - pieces.letters(needed, inf)
    sample = _fitting(tensors, traces, threads, amount, SHARE * left)
    left -= sample.letters
    held, whole = set(needed), set()
    for step in sorted(steps, key=lambda step: sum(tensors.arrays[i].size for i in tensors.of(step))):
        wanted = tensors.of(step) - held
        if (taken := pieces.letters(wanted, left)) <= left:
            left -= taken
            held |= wanted
            whole.add(step.name)
    return _filled(tensors, pieces, held, whole, sample)


def _fitting(
    tensors: Tensors, traces: Sequence[Trace], threads: Sequence[Sequence[Mark]], amount: Amount, room: float
) -> _Sample:
    """As many pictures and marked cells as fit, at least one of each for a layer; pictures give way first."""
    for count, cells in fewer(amount):
        marked = [marks(trace, cells, thread) for trace, thread in zip(traces, threads, strict=True)]
        boxes = Boxes(tensors, traces, marked)
        sample = _Sample(marked, boxes, _pictures(tensors, traces, marked, count))
        if sample.letters <= room:
            break
    return sample


def fewer(amount: Amount) -> Iterator[tuple[int, int]]:
    """Numbers of pictures and of marked cells to try, down to one of each."""
    maps, cells = amount.maps, amount.cells
    yield maps, cells
    while maps > 1 or cells > 1:
        maps, cells = (maps // 2, cells) if maps > cells else (maps, cells // 2)
        yield max(1, maps), max(1, cells)


def _pictures(
    tensors: Tensors, traces: Sequence[Trace], marked: Sequence[Sequence[Mark]], count: int
) -> dict[int, Pictures]:
    """Of each layer's maps, with those in which cells are marked."""
    found: dict[int, Pictures] = {}
    for trace, made, cells in zip(traces, tensors.made, marked, strict=True):
        channels: dict[str, list[int]] = {}
        for name, place in cells:
            channels.setdefault(name, []).append(place[0])
        for step in trace.graph.steps:
            if len(step.shape) == 3:
                found[made[step.name]] = pictures(trace.values[step.name], count, channels.get(step.name, ()))
    return found


def _filled(tensors: Tensors, pieces: _Packed, held: set[int], whole: set[str], sample: _Sample | None) -> Contents:
    found = Contents(whole=whole, marked=[[] for _ in tensors.made])
    for i in sorted(held):
        found.pieces[i] = found.values.add(pieces.done[i])
    if sample is not None:
        found.boxes, values = sample.boxes.outside(held)
        found.box_piece = found.values.add(packed(values))
        found.marked = [[mark for mark in run if mark[0] not in whole] for run in sample.marks]
        for number, picture in sample.pictures.items():
            if tensors.owner[number] not in held:
                found.pictures[number] = found.values.add(picture.data), picture
    return found
