"""Fully connected layers: one product over the batch."""

from __future__ import annotations

from collections.abc import Iterator

from ....kernels.strips import Scratch, add_bias, multiply
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem
from .epilogue import epilogue

PARTS = 2
SHARED = 1 << 20
"""Weights from which on the neurons are shared out in parts."""


class Dense:
    """y = x W' + b; the weight stays as it is stored, so nothing is copied however large it is."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        K = self.operation.shape[0]
        parts = PARTS if self.operation.arrays["weight"].size >= SHARED else 1
        width = -(-K // parts)
        yield Stage([self.item(memory, k, min(k + width, K), scratch.fresh()) for k in range(0, K, width)])

    def item(self, memory: BoundMemory, first: int, end: int, scratch: Scratch) -> WorkItem:
        operation = self.operation
        x, out = memory.inner(operation.inputs[0]), memory.inner(operation.name)[:, first:end]
        y = scratch.take(len(x), end - first)
        calls: WorkItem = [multiply(x, operation.arrays["weight"][first:end].T, y)]
        if "bias" in operation.arrays:
            calls += add_bias(y, operation.arrays["bias"][first:end])
        plus = memory.inner(operation.plus)[:, first:end] if operation.plus else None
        return [*calls, *epilogue(y, out, plus, operation.activation, scratch)]
