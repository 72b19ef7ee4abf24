"""Layers that weigh each value against others along an axis: the channels at its place, its row, its column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ....graph.array import Array
from ....kernels.strips import Scratch, side_by_side
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem
from .elementwise import Elementwise

AXES = {"C": -1, "W": -2, "H": -3}
"""In (n, H, W, C)."""


class Softmax:
    """exp(x - max) / sum along an axis, in five calls."""

    def __init__(self, operation: Operation) -> None:
        layer: Any = operation.layer
        self.operation = operation
        self.axis = AXES[layer.axis]

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        # A single vector without its batch axis: NumPy has less to set up.
        x, out = (x[0], out[0]) if x.ndim == 2 and len(x) == 1 else (x, out)
        one = scratch.fresh().take(*_alone(x, self.axis))
        one = one.reshape(()) if x.ndim == 1 else one
        keep = x.ndim > 1
        y, copy = side_by_side(out, scratch)
        calls: WorkItem = [
            partial(np.maximum.reduce, x, axis=self.axis, out=one, keepdims=keep),
            partial(np.subtract, x, one, out=y),
            partial(np.exp, y, out=y),
            partial(np.add.reduce, y, axis=self.axis, out=one, keepdims=keep),
            partial(np.divide, y, one, out=y),
            *copy,
        ]
        yield Stage([[*memory.clear_border(self.operation.name), *calls]])


class LogSoftmax(Elementwise):
    """x - max - log(sum(exp(x - max))) along an axis; strips of rows where that is not along the rows."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        layer: Any = operation.layer
        self.axis = AXES[layer.axis]

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        if self.axis != AXES["H"]:
            yield from super().stages(memory, scratch)
            return
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        yield Stage([[*memory.clear_border(self.operation.name), *self.part([x], out, scratch.fresh())]])

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        x = inputs[0]
        one = scratch.take(*_alone(x, self.axis))
        powers = scratch.take(*x.shape)
        y, copy = side_by_side(out, scratch)
        return [
            partial(np.maximum.reduce, x, axis=self.axis, out=one, keepdims=True),
            partial(np.subtract, x, one, out=y),
            partial(np.exp, y, out=powers),
            partial(np.add.reduce, powers, axis=self.axis, out=one, keepdims=True),
            partial(np.log, one, out=one),
            partial(np.subtract, y, one, out=y),
            *copy,
        ]


def _alone(x: Array, axis: int) -> tuple[int, ...]:
    """The shape of x with one cell along an axis."""
    sizes = list(x.shape)
    sizes[axis] = 1
    return tuple(sizes)
