"""Convolutions by the compiled kernels: strips written where they belong, finished on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import FilterBank, Scratch, Strip
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem, ends, rows_read, rows_written
from ..numpy.epilogue import epilogue
from .direct import Direct
from .kernel import NO_LIMITS, Maker
from .limits import limits

KERNELS: dict[str, Maker] = {"direct": Direct}
"""By the names under which `kernel_selection` chooses them."""


class Convolution:
    """A convolution by the kernel that was chosen. An activation that is more than limits follows by NumPy's calls."""

    def __init__(self, operation: Operation, vectors: Vectors) -> None:
        layer: Any = operation.layer
        arrays = operation.arrays
        windows = layer.windows(operation.arriving[0])
        within = limits(operation.activation)
        filters = FilterBank(arrays["weight"], windows, arrays.get("bias"), layer.G)
        # The kernel has the weights in an order of its own.
        self.operation = replace(operation, arrays={})
        self.kernel = KERNELS[operation.kernel](filters, within or NO_LIMITS, vectors)
        self.rows = windows[0]
        self.is_whole = within is not None
        """Whether the kernel finishes what it writes."""

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        n, H, W, K = memory.inner(operation.name).shape
        strips = list(self.kernel.strips(n, H, W))
        items = [self.item(memory, strip, scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        reads = {operation.plus: ends(strips, H)} if operation.plus else {}
        yield Stage(items, rows_written(strips, H, K), reads | {operation.inputs[0]: rows_read(strips, self.rows)})

    def item(self, memory: BoundMemory, strip: Strip, scratch: Scratch) -> WorkItem:
        operation = self.operation
        x = memory.around(operation.inputs[0], operation.halo)
        out = strip.of(memory.inner(operation.name))
        plus = strip.of(memory.inner(operation.plus)) if operation.plus else None
        if self.is_whole:
            return self.kernel.bind(x, out, plus, strip, scratch)
        piece = scratch.take(*out.shape)
        calls = self.kernel.bind(x, piece, None, strip, scratch)
        return calls + epilogue(piece, out, plus, operation.activation, scratch)
