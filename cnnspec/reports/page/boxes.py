"""The blocks of values that marked cells are made of."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import numpy as np

from ...graph.array import Array
from ...graph.explanation import Read, cells
from ...graph.shape import Shape
from ..inspection.cell import gather
from ..inspection.trace import Trace
from .tensors import Tensors

Mark = tuple[str, Shape]
"""A layer and a place in its output."""


class Boxes:
    """For each marked cell of each input its own value, and every block that it reads, each block once."""

    def __init__(self, tensors: Tensors, traces: Sequence[Trace], marks: Sequence[Sequence[Mark]]) -> None:
        self.tensors = tensors
        self.blocks: dict[tuple[int, str], Array] = {}
        for run, trace in enumerate(traces):
            for name, place in marks[run]:
                self._add(tensors.made[run][name], Read(0, cells(place)))
                for number, read in self._reads(trace, run, name, place):
                    self._add(number, read)

    @property
    def bytes(self) -> int:
        return sum(block.nbytes for block in self.blocks.values())

    def _reads(self, trace: Trace, run: int, name: str, place: Shape) -> Iterator[tuple[int, Read]]:
        step = trace.graph.by_name[name]
        for part in step.layer.explain(place, *step.arriving).parts.values():
            for read in (part.read, part.by):
                if read is not None:
                    yield self.tensors.number(step, run, read.of), read

    def _add(self, number: int, read: Read) -> None:
        key = number, ranges(read)
        if key not in self.blocks:
            self.blocks[key] = gather(read, self.tensors.arrays[number]).values.astype(np.float32)

    def outside(self, whole: Container[int]) -> tuple[dict[int, dict[str, int]], Array]:
        """For each tensor that is not `whole` where each of its boxes begins, and the values of all."""
        table: dict[int, dict[str, int]] = {}
        kept, at = [np.zeros(0, np.float32)], 0
        for (number, key), block in self.blocks.items():
            if self.tensors.owner[number] not in whole:
                table.setdefault(number, {})[key] = at
                kept.append(block.reshape(-1))
                at += block.size
        return table, np.concatenate(kept)


def ranges(read: Read) -> str:
    """A read's ranges as the page writes them, too."""
    said = ";".join(f"{axis.first},{axis.step},{axis.length}" for axis in read.axes)
    return f"flat {said}" if read.flat else said
