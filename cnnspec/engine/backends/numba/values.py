"""Layers that take each value for itself, two branches value by value, or a cell's channels together: as calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ....graph.array import Array
from ....graph.layer import Layer
from ....kernels.compiled.layout import FUNCTIONS, JOINS, PARAMETERS
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Scratch
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem, rows_written
from ..numpy.elementwise import is_gate, pieces, seen
from ..numpy.epilogue import epilogue
from .functions import function_of
from .kernel_selection import JOINS_OF
from .native import NativeCall, function

AXES = 4
Part = Callable[[Sequence[Array], Array], WorkItem]
"""The calls that make an output, or a strip of it, of the same strip of the inputs."""


class ByValue:
    """An image in strips, a vector at once; and the activation behind."""

    def __init__(self, operation: Operation, vectors: Vectors, part: Part) -> None:
        self.operation = operation
        self.vectors = vectors
        self.part = part

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        out = memory.inner(operation.name)
        inputs = [memory.inner(name) for name in operation.inputs]
        if out.ndim == 2:
            yield Stage([self.item(inputs, out, scratch.fresh())])
            return
        strips = list(pieces(out))
        items = [self.item([seen(x, strip) for x in inputs], strip.of(out), scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        rows = rows_written(strips, out.shape[1], out.shape[3])
        reads = {name: rows for name, x in zip(operation.inputs, inputs, strict=True) if not is_gate(x)}
        yield Stage(items, rows, reads)

    def item(self, inputs: Sequence[Array], out: Array, scratch: Scratch) -> WorkItem:
        place, ending = ended(out, self.operation.activation, scratch, self.vectors)
        return [*self.part(inputs, place), *ending]


def ended(out: Array, activation: Layer | None, scratch: Scratch, vectors: Vectors) -> tuple[Array, WorkItem]:
    """Where values belong before their activation, and the calls that apply it and put them where they belong."""
    if activation is None:
        return out, []
    found = function_of(activation)
    if found is not None:
        return out, [applied(*found, out, out, vectors)]
    piece = scratch.take(*out.shape)
    return piece, epilogue(piece, out, None, activation, scratch)


def applied(name: str, parameters: Sequence[float], x: Array, out: Array, vectors: Vectors) -> NativeCall:
    """The call that puts a function of each value of x into `out`, of the same shape; the same memory too."""
    given = np.array([*parameters, *[0.0] * (PARAMETERS - len(parameters))], np.float32)
    sizes, steps = runs(x, out)
    fields = (x.ctypes.data, out.ctypes.data, FUNCTIONS.index(name), given.ctypes.data, *sizes, *steps)
    return NativeCall(function("apply", vectors), fields, x, out, given)


def joined(name: str, x: Array, y: Array, out: Array, vectors: Vectors) -> NativeCall:
    """The call that takes x and y together, value by value; y may be a gate. `out` may be x."""
    y = np.broadcast_to(y, out.shape)
    is_same = y.shape[-1] > 1 and y.strides[-1] == 0
    sizes, steps = runs(x, y, out, is_apart=is_same)
    which = 2 * JOINS.index(name) + is_same
    fields = (x.ctypes.data, y.ctypes.data, out.ctypes.data, which, *sizes, *steps)
    return NativeCall(function("join", vectors), fields, x, y, out)


def shared_out(x: Array, out: Array, vectors: Vectors) -> NativeCall:
    """The call that puts the softmax of each cell's channels into `out`."""
    sizes, steps = runs(x, out, is_apart=True)
    fields = (x.ctypes.data, out.ctypes.data, 0, 0, *sizes, *steps)
    return NativeCall(function("shares", vectors), fields, x, out)


def runs(*arrays: Array, is_apart: bool = False) -> tuple[list[int], list[int]]:
    """Three sizes and the length of a run, and each array's steps in bytes along the three. A run is as long as it goes
    in all arrays, but where cells have to be kept apart."""
    sizes = list(arrays[0].shape)
    steps = [list(array.strides) for array in arrays]
    while len(sizes) > 1 and not is_apart and all(step[-2] == sizes[-1] * step[-1] for step in steps):
        sizes[-2:] = [sizes[-2] * sizes[-1]]
        for step in steps:
            step[-2:] = step[-1:]
    ones = AXES - len(sizes)
    return [*[1] * ones, *sizes], [each for step in steps for each in (*[0] * ones, *step[:-1])]


def activation(operation: Operation, vectors: Vectors) -> ByValue:
    found = function_of(operation.layer)
    assert found is not None

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        return [applied(*found, inputs[0], out, vectors)]

    return ByValue(operation, vectors, part)


def softmax(operation: Operation, vectors: Vectors) -> ByValue:
    return ByValue(operation, vectors, lambda inputs, out: [shared_out(inputs[0], out, vectors)])


def join(operation: Operation, vectors: Vectors) -> ByValue:
    """The larger branch first, then the others, gates among them."""
    name = JOINS_OF[operation.layer.kind]

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        first, second, *others = sorted(inputs, key=lambda x: -x.size)
        calls: WorkItem = [joined(name, first, second, out, vectors)]
        return calls + [joined(name, out, other, out, vectors) for other in others]

    return ByValue(operation, vectors, part)
