"""Operations whose compiled kernels write their strips where they belong, and finish them on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.window import SlidingWindow
from ....kernels.compiled.vectors import Vectors
from ....kernels.reference.pooling import coverage
from ....kernels.strips import FilterBank, Scratch, Strip
from ...lowering import BoundMemory, Lowering
from ...program import Operation
from ...schedule import Stage, WorkItem, ends, rows_read, rows_written
from ..numpy.epilogue import epilogue
from .by_channel import ByChannel, depthwise, inside
from .dense import Dense
from .direct import Direct
from .functions import FUNCTIONS_OF
from .kernel import CompiledKernel, Maker
from .kernel_selection import is_sum_of_two
from .limits import LIMITS, NO_LIMITS, Limits, limits
from .values import activation, ended, join, softmax
from .winograd import Winograd

CONVOLUTIONS: dict[str, Maker] = {"depthwise": depthwise, "direct": Direct, "tiles": Winograd}
"""By the names under which `kernel_selection` chooses them."""


class Lowered:
    """An operation by a compiled kernel, which looks at the rows of its input through windows. An activation that is
    more than limits follows on the strip: by a compiled function, or by NumPy's calls."""

    def __init__(self, operation: Operation, kernel: CompiledKernel, rows: SlidingWindow, vectors: Vectors) -> None:
        # The kernel has the weights in an order of its own.
        self.operation = replace(operation, arrays={})
        self.kernel = kernel
        self.rows = rows
        self.vectors = vectors

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        n, H, W, K = memory.inner(operation.name).shape
        strips = list(self.kernel.strips(n, H, W))
        items = [self.item(memory, strip, scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        reads = {operation.plus: ends(strips, H)} if operation.plus else {}
        seen = {operation.inputs[0]: rows_read(strips, self.rows)}
        # What is read twice is needed as far as the one that needs more.
        both = {name: list(map(max, reads[name], seen[name])) for name in reads.keys() & seen.keys()}
        yield Stage(items, rows_written(strips, H, K), reads | seen | both)

    def item(self, memory: BoundMemory, strip: Strip, scratch: Scratch) -> WorkItem:
        operation = self.operation
        x = memory.around(operation.inputs[0], operation.halo)
        out = strip.of(memory.inner(operation.name))
        plus = strip.of(memory.inner(operation.plus)) if operation.plus else None
        return self.calls(x, out, plus, strip, scratch)

    def calls(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        """Those of the kernel, and the activation's."""
        activation = self.operation.activation
        if limits(activation) is not None:
            return self.kernel.bind(x, out, plus, strip, scratch, skipped)
        place, ending = ended(out, activation, scratch, self.vectors)
        if place is out:
            return [*self.kernel.bind(x, out, plus, strip, scratch, skipped), *ending]
        calls = self.kernel.bind(x, place, None, strip, scratch, skipped)
        return calls + epilogue(place, out, plus, activation, scratch)


def within(operation: Operation) -> Limits:
    """What a kernel holds its values within."""
    return limits(operation.activation) or NO_LIMITS


def convolution(operation: Operation, vectors: Vectors) -> Lowered:
    """By the kernel that was chosen."""
    layer: Any = operation.layer
    windows = layer.windows(operation.arriving[0])
    filters = FilterBank(operation.arrays["weight"], windows, operation.arrays.get("bias"), layer.G)
    kernel = CONVOLUTIONS[operation.kernel](filters, within(operation), vectors)
    return Lowered(operation, kernel, windows[0], vectors)


def max_pooling(operation: Operation, vectors: Vectors) -> Lowered:
    """Padding never wins, for it is left out."""
    layer: Any = operation.layer
    rows, columns = layer.windows(operation.arriving[0])
    lowest = np.full(operation.shape[0], -inf, np.float32)
    axes = inside(rows), inside(columns)
    return Lowered(operation, ByChannel("largest", axes, lowest, within(operation), vectors), rows, vectors)


def sum_pooling(operation: Operation, vectors: Vectors) -> Lowered:
    return _total(operation, vectors, operation.layer, None)


def average_pooling(operation: Operation, vectors: Vectors) -> Lowered:
    """Sums, each divided by the number of cells that count."""
    layer: Any = operation.layer
    return _total(operation, vectors, layer, 1 / coverage(layer.windows(operation.arriving[0]), layer.counts_padding))


def _total(operation: Operation, vectors: Vectors, layer: Any, shares: Any) -> Lowered:
    rows, columns = layer.windows(operation.arriving[0])
    nothing = np.zeros(operation.shape[0], np.float32)
    axes = inside(rows), inside(columns)
    return Lowered(
        operation, ByChannel("total", axes, nothing, within(operation), vectors, None, shares), rows, vectors
    )


def global_average(operation: Operation, vectors: Vectors) -> Lowered:
    """One window over all cells."""
    C, H, W = operation.arriving[0]
    axes = inside(SlidingWindow(H, H)), inside(SlidingWindow(W, W))
    share = np.full((1, 1), 1 / (H * W), np.float32)
    kernel = ByChannel("total", axes, np.zeros(C, np.float32), within(operation), vectors, None, share)
    return Lowered(operation, kernel, SlidingWindow(H, H), vectors)


def affine(operation: Operation, vectors: Vectors) -> Lowered:
    """Scale and offset of each channel: a depthwise convolution of one tap."""
    layer: Any = operation.layer
    C, H, W = operation.shape
    factor, offset = (np.broadcast_to(v, C).astype(np.float32) for v in layer.line(**operation.arrays))
    axes = inside(SlidingWindow(H, 1)), inside(SlidingWindow(W, 1))
    kernel = ByChannel("depthwise", axes, offset, within(operation), vectors, factor[None, None])
    return Lowered(operation, kernel, SlidingWindow(H, 1), vectors)


def add(operation: Operation, vectors: Vectors) -> Lowering:
    """Two images: one is passed on, the other added; else branches value by value."""
    if not is_sum_of_two(operation):
        return join(operation, vectors)
    first, second = operation.inputs
    return passed(replace(operation, inputs=(first,), plus=second), vectors)


def passed(operation: Operation, vectors: Vectors) -> Lowered:
    """The values as they are, but for what ends the operation."""
    C, H, W = operation.shape
    axes = inside(SlidingWindow(H, 1)), inside(SlidingWindow(W, 1))
    kernel = ByChannel("total", axes, np.zeros(C, np.float32), within(operation), vectors)
    return Lowered(operation, kernel, SlidingWindow(H, 1), vectors)


LOWERINGS: dict[str, Callable[[Operation, Vectors], Lowering]] = {
    **dict.fromkeys((*FUNCTIONS_OF, *LIMITS), activation),
    "add": add,
    "avgpool": average_pooling,
    "batchnorm": affine,
    "conv": convolution,
    "dense": Dense,
    "globalavgpool": global_average,
    "max": join,
    "maxpool": max_pooling,
    "min": join,
    "mul": join,
    "scale": affine,
    "softmax": softmax,
    "sumpool": sum_pooling,
}
"""By the kind of an operation's layer."""
