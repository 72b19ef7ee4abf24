"""Convolutions: the strips of the chosen kernel, finished one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from ....graph.array import Array
from ....graph.window import SlidingWindow
from ....kernels.inference.depthwise import Depthwise
from ....kernels.inference.grouped import Grouped
from ....kernels.inference.im2col import Im2col
from ....kernels.inference.pointwise import Pointwise
from ....kernels.inference.transposed import Transposed
from ....kernels.inference.winograd import Winograd
from ....kernels.strips import FilterBank, Kernel, KernelMaker, Scratch, Strip
from ...lowering import BoundMemory, Lowering
from ...program import Operation
from ...schedule import Stage, WorkItem, ends, rows_read, rows_written
from .epilogue import epilogue

KERNELS: dict[str, KernelMaker] = {
    "depthwise": Depthwise,
    "grouped": Grouped,
    "im2col": Im2col,
    "pointwise": Pointwise,
    "transposed": Transposed,
    "winograd2": partial(Winograd, 2),
    "winograd4": partial(Winograd, 4),
}
"""By the names under which `kernel_selection` chooses them."""


def lower(operation: Operation) -> Lowering:
    """A convolution by the kernel that was chosen."""
    layer: Any = operation.layer
    return _lower(operation, layer.windows(operation.arriving[0])[0])


def lower_transposed(operation: Operation) -> Lowering:
    """A transposed convolution: its windows run over the output."""
    return _lower(operation, None)


def _lower(operation: Operation, rows: SlidingWindow | None) -> Lowering:
    layer: Any = operation.layer
    arrays = operation.arrays
    filters = FilterBank(arrays["weight"], layer.windows(operation.arriving[0]), arrays.get("bias"), layer.G)
    # The kernel has the weights in an order of its own.
    return Convolution(replace(operation, arrays={}), KERNELS[operation.kernel](filters), rows)


class Convolution:
    """A convolution whose kernel makes strips that are finished while they are in the cache.

    `rows` are the windows through which a strip looks at the image; without them it needs all of it.
    """

    def __init__(self, operation: Operation, kernel: Kernel, rows: SlidingWindow | None) -> None:
        self.operation = operation
        self.kernel = kernel
        self.rows = rows

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        x, out = memory.around(operation.inputs[0], operation.halo), memory.inner(operation.name)
        n, H, W, K = out.shape
        strips = list(self.kernel.strips(n, H, W))
        items = [self.item(memory, x, strip, scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        yield Stage(items, rows_written(strips, H, K), self.reads(strips, H))

    def reads(self, strips: list[Strip], H: int) -> dict[str, list[int]]:
        """How many rows each strip needs, of the image and of what is added to it."""
        plus = {self.operation.plus: ends(strips, H)} if self.operation.plus else {}
        return plus | ({self.operation.inputs[0]: rows_read(strips, self.rows)} if self.rows else {})

    def item(self, memory: BoundMemory, x: Array, strip: Strip, scratch: Scratch) -> WorkItem:
        operation = self.operation
        result = self.kernel.bind(x, strip, scratch)
        calls = list(result.calls)
        out = strip.of(memory.inner(operation.name))
        plus = strip.of(memory.inner(operation.plus)) if operation.plus else None
        for piece, index in result.pieces:
            part = out[index].reshape(piece.shape)
            other = plus[index].reshape(piece.shape) if plus is not None else None
            calls += epilogue(piece, part, other, operation.activation, scratch)
        return calls
