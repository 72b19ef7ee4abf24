"""Fully connected layers: for few inputs by a kernel that reads the weights once, else by NumPy's product."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Scratch
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem
from ..numpy.dense import Dense as Product
from ..numpy.epilogue import epilogue
from .kernel import two_limits
from .kernel_selection import ITEMS
from .limits import NO_LIMITS, limits
from .native import NativeCall, function
from .values import ended

FEW = 4
"""Inputs up to which reading the weights anew for each costs less than NumPy's preparations."""
SHARED = 1 << 18
"""Values of a weight from which on threads share its rows: reading them takes as long as a thread takes to come."""


class Dense:
    """y = x W' + b; the weight stays as it is stored, at any byte of a mapped file."""

    def __init__(self, operation: Operation, vectors: Vectors) -> None:
        self.operation = operation
        self.product = Product(operation)
        weight = operation.arrays["weight"]
        self.weight = weight if weight.flags.c_contiguous else np.ascontiguousarray(weight)
        self.bias = np.ascontiguousarray(operation.arrays.get("bias", np.zeros(len(weight), np.float32)))
        self.limits = two_limits(limits(operation.activation) or NO_LIMITS)
        self.function = function("dense", vectors)
        self.vectors = vectors

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        K = self.operation.shape[0]
        if len(memory.inner(self.operation.name)) > FEW:
            yield from self.product.stages(memory, scratch)
            return
        width = -(-K // (ITEMS if self.weight.size >= SHARED else 1))
        yield Stage([self.item(memory, k, min(k + width, K), scratch.fresh()) for k in range(0, K, width)])

    def item(self, memory: BoundMemory, first: int, end: int, scratch: Scratch) -> WorkItem:
        operation, activation = self.operation, self.operation.activation
        x, out = memory.inner(operation.inputs[0]), memory.inner(operation.name)[:, first:end]
        plus = memory.inner(operation.plus)[:, first:end] if operation.plus else None
        y, ending = (out, []) if limits(activation) is not None else ended(out, activation, scratch, self.vectors)
        more = plus if y is out else None
        weight, bias = self.weight[first:end], self.bias[first:end]
        fields = (
            *(x.ctypes.data, y.ctypes.data, 0 if more is None else more.ctypes.data),
            *(array.ctypes.data for array in (weight, bias, self.limits)),
            *(len(x), end - first, weight.shape[1]),
            *(x.strides[0], y.strides[0], 0 if more is None else more.strides[0]),
        )
        call = NativeCall(self.function, fields, x, y, more, weight, bias, self.limits)
        return [call, *(ending if y is out else epilogue(y, out, plus, activation, scratch))]
