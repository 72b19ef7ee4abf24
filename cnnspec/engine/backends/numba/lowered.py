"""An operation by a compiled kernel that writes its strips where they belong, and finishes them on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ....graph.array import Array
from ....graph.window import SlidingWindow
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Scratch, Strip
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem, ends, ranks, rows_read, rows_written
from ..numpy.epilogue import epilogue
from .kernel import CompiledKernel
from .limits import NO_LIMITS, Limits, limits
from .values import ended


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
        yield Stage(items, rows_written(strips, H, K), reads | seen | both, ranks(strips))

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
