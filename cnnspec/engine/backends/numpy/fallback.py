"""Kinds that have no kernels of their own: the layer's `forward`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....kernels.strips import Scratch
from ...lowering import BoundMemory, channels_first
from ...program import Operation
from ...schedule import Stage


class Fallback:
    """The layer's own `forward`, with its arrays turned to (n, C, H, W) and back as views."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        inputs = [channels_first(memory.inner(name)) for name in operation.inputs]
        out = channels_first(memory.inner(operation.name))
        forward = operation.layer.forward

        def call() -> None:
            np.copyto(out, forward(*inputs, **operation.arrays))

        yield Stage([[call]])
