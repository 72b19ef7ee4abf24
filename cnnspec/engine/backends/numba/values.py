"""Layers that take each value for itself, branches value by value, or a cell's channels together: as calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

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
from .native import NativeCall, function

AXES = 4
Part = Callable[[Sequence[Array], Array], WorkItem]
"""The calls that make an output, or a strip of it, of the same strip of the inputs."""


class ByValue:
    """An image in strips, a vector at once; and the activation behind. `own` are arrays of the layer, (C,) or
    (H, W, C), that come behind the inputs, repeated to their size."""

    def __init__(self, operation: Operation, vectors: Vectors, part: Part, own: Sequence[Array] = ()) -> None:
        self.operation = operation
        self.vectors = vectors
        self.part = part
        self.own = own

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        out = memory.inner(operation.name)
        inputs = [memory.inner(name) for name in operation.inputs]
        inputs += [np.broadcast_to(array, out.shape) for array in self.own]
        if out.ndim == 2:
            yield Stage([self.item(inputs, out, scratch.fresh())])
            return
        strips = list(pieces(out))
        items = [self.item([seen(x, strip) for x in inputs], strip.of(out), scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        rows = rows_written(strips, out.shape[1], out.shape[3])
        reads = {name: rows for name, x in zip(operation.inputs, inputs, strict=False) if not is_gate(x)}
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
    sizes, steps, _ = runs(x, out)
    fields = (x.ctypes.data, out.ctypes.data, FUNCTIONS.index(name), given.ctypes.data, *sizes, *steps)
    return NativeCall(function("apply", vectors), fields, x, out, given)


def joined(name: str, x: Array, y: Array, out: Array, vectors: Vectors) -> NativeCall:
    """The call that takes x and y together, value by value; y may be a gate. `out` may be x."""
    y = np.broadcast_to(y, out.shape)
    sizes, steps, last = runs(x, y, out)
    which = 2 * JOINS.index(name) + (last[1] == 0)
    fields = (x.ctypes.data, y.ctypes.data, out.ctypes.data, which, *sizes, *steps)
    return NativeCall(function("join", vectors), fields, x, y, out)


def shared_out(x: Array, out: Array, vectors: Vectors, is_logarithm: bool = False) -> NativeCall:
    """The call that puts the softmax of each cell's channels into `out`, or its logarithm."""
    sizes, steps, _ = runs(x, out, is_apart=True)
    fields = (x.ctypes.data, out.ctypes.data, is_logarithm, 0, *sizes, *steps)
    return NativeCall(function("shares", vectors), fields, x, out)


def runs(*arrays: Array, is_apart: bool = False) -> tuple[list[int], list[int], list[int]]:
    """Three sizes and the length of a run, each array's steps in bytes along the three, and along the run: 0 where one
    value is repeated. A run is as long as it goes in all arrays, but where cells have to be kept apart."""
    x = arrays[0]
    axes = [axis for axis, size in enumerate(x.shape) if size != 1 or (is_apart and axis == x.ndim - 1)]
    sizes = [x.shape[axis] for axis in axes]
    steps = [[array.strides[axis] for axis in axes] for array in arrays]
    if not axes or any(step[-1] not in (0, x.itemsize) for step in steps):  # no neighbours: runs of one value
        sizes.append(1)
        for step in steps:
            step.append(x.itemsize)
    while len(sizes) > 1 and not is_apart and all(step[-2] == sizes[-1] * step[-1] for step in steps):
        sizes[-2:] = [sizes[-2] * sizes[-1]]
        for step in steps:
            del step[-2]
    missing = AXES - len(sizes)
    outer = [each for step in steps for each in (*[0] * missing, *step[:-1])]
    return [*[1] * missing, *sizes], outer, [step[-1] for step in steps]


def activation(operation: Operation, vectors: Vectors) -> ByValue:
    found = function_of(operation.layer)
    assert found is not None

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        return [applied(*found, inputs[0], out, vectors)]

    return ByValue(operation, vectors, part)


def softmax(operation: Operation, vectors: Vectors) -> ByValue:
    return ByValue(operation, vectors, lambda inputs, out: [shared_out(inputs[0], out, vectors)])


def log_softmax(operation: Operation, vectors: Vectors) -> ByValue:
    return ByValue(operation, vectors, lambda inputs, out: [shared_out(inputs[0], out, vectors, is_logarithm=True)])


def prelu(operation: Operation, vectors: Vectors) -> ByValue:
    return _with_own(operation, vectors, ("bend", operation.arrays["weight"]))


def constant(operation: Operation, vectors: Vectors) -> ByValue:
    layer: Any = operation.layer
    weight = np.moveaxis(operation.arrays["weight"], 0, -1)
    return _with_own(operation, vectors, ("add" if layer.by == "add" else "multiply", weight))


def affine(operation: Operation, vectors: Vectors) -> ByValue:
    """Scale and offset of a vector's values."""
    layer: Any = operation.layer
    factor, offset = layer.line(**operation.arrays)
    return _with_own(operation, vectors, ("multiply", factor), ("add", offset))


def _with_own(operation: Operation, vectors: Vectors, *steps: tuple[str, Array]) -> ByValue:
    """What arrives, taken together with arrays of the layer one after the other."""
    names, arrays = zip(*steps, strict=True)

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        befores = [inputs[0], *[out] * (len(names) - 1)]
        return [joined(*each, out, vectors) for each in zip(names, befores, inputs[1:], strict=True)]

    return ByValue(operation, vectors, part, [np.ascontiguousarray(array, np.float32) for array in arrays])


def commutative(name: str, operation: Operation, vectors: Vectors) -> ByValue:
    """The larger branch first, then the others, gates among them."""

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        first, second, *others = sorted(inputs, key=lambda x: -x.size)
        calls: WorkItem = [joined(name, first, second, out, vectors)]
        return calls + [joined(name, out, other, out, vectors) for other in others]

    return ByValue(operation, vectors, part)


def in_order(name: str, operation: Operation, vectors: Vectors) -> ByValue:
    """The first branch, then each of the others. A gate that is the first one is repeated beforehand."""

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        first, *others = inputs
        calls: WorkItem = []
        if first.shape != out.shape:
            calls, first = [partial(np.copyto, out, first)], out
        befores = [first, *[out] * (len(others) - 1)]
        return calls + [joined(name, *pair, out, vectors) for pair in zip(befores, others, strict=True)]

    return ByValue(operation, vectors, part)


def mean(operation: Operation, vectors: Vectors) -> ByValue:
    share = 1 / len(operation.inputs)
    total = commutative("add", operation, vectors)

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        return [*total.part(inputs, out), applied("scaled", (share,), out, out, vectors)]

    return ByValue(operation, vectors, part)
