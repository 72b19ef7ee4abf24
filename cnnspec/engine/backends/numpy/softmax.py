"""Layers that weigh each value against those of other channels at its place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ....graph.array import Array
from ....kernels.strips import Scratch, side_by_side
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem
from .elementwise import Elementwise


class Softmax:
    """exp(x - max) / sum over C, in five calls."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        # A single vector without its batch axis: NumPy has less to set up.
        x, out = (x[0], out[0]) if x.ndim == 2 and len(x) == 1 else (x, out)
        one = scratch.fresh().take(*x.shape[:-1], 1)
        one = one.reshape(()) if x.ndim == 1 else one
        keep = x.ndim > 1
        y, copy = side_by_side(out, scratch)
        calls: WorkItem = [
            partial(np.maximum.reduce, x, axis=-1, out=one, keepdims=keep),
            partial(np.subtract, x, one, out=y),
            partial(np.exp, y, out=y),
            partial(np.add.reduce, y, axis=-1, out=one, keepdims=keep),
            partial(np.divide, y, one, out=y),
            *copy,
        ]
        yield Stage([[*memory.clear_border(self.operation.name), *calls]])


class LogSoftmax(Elementwise):
    """x - max - log(sum(exp(x - max))) over C."""

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        x = inputs[0]
        one = scratch.take(*x.shape[:-1], 1)
        powers = scratch.take(*x.shape)
        y, copy = side_by_side(out, scratch)
        return [
            partial(np.maximum.reduce, x, axis=-1, out=one, keepdims=True),
            partial(np.subtract, x, one, out=y),
            partial(np.exp, y, out=powers),
            partial(np.add.reduce, powers, axis=-1, out=one, keepdims=True),
            partial(np.log, one, out=one),
            partial(np.subtract, y, one, out=y),
            *copy,
        ]
