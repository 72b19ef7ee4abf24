"""Fully connected layers: one product over the batch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ....kernels.strips import CACHE, Scratch, add_bias, multiply
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem
from .epilogue import epilogue

PARTS = 2
SHARED = 1 << 20
"""Weights from which on the neurons are shared out in parts."""


class Dense:
    """y = x W' + b; the weight stays as it is stored, so nothing is copied however large it is.

    In a mapped file it may begin at any byte, and BLAS would be given a copy of it all: then it is copied by a few
    neurons at a time.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        K = self.operation.shape[0]
        weight = self.operation.arrays["weight"]
        if weight.flags.aligned:
            width = -(-K // (PARTS if weight.size >= SHARED else 1))
        else:
            width = max(1, CACHE // weight.shape[1])
        yield Stage([self.item(memory, k, min(k + width, K), scratch.fresh()) for k in range(0, K, width)])

    def item(self, memory: BoundMemory, first: int, end: int, scratch: Scratch) -> WorkItem:
        operation = self.operation
        x, out = memory.inner(operation.inputs[0]), memory.inner(operation.name)[:, first:end]
        y, weight = scratch.take(len(x), end - first), operation.arrays["weight"][first:end]
        calls: WorkItem = []
        if not weight.flags.aligned:
            copy = scratch.take(*weight.shape)
            calls.append(partial(np.copyto, copy, weight))
            weight = copy
        calls.append(multiply(x, weight.T, y))
        if "bias" in operation.arrays:
            calls += add_bias(y, operation.arrays["bias"][first:end])
        plus = memory.inner(operation.plus)[:, first:end] if operation.plus else None
        return [*calls, *epilogue(y, out, plus, operation.activation, scratch)]
