"""Joins and value-by-value layers that are no epilogue of the operation before them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ....graph.array import Array
from ....kernels.strips import Call, Scratch, Strip, side_by_side, strips
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem, rows_written
from .epilogue import EPILOGUES, epilogue


def pieces(out: Array) -> Iterator[Strip]:
    """Strips of an image of which two fit the cache."""
    n, H, W, K = out.shape
    yield from strips(n, H, K, 2 * W * K)


class Elementwise:
    """Cuts an image into strips, a vector not at all; subclasses bind one part."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        out = memory.inner(operation.name)
        inputs = [memory.inner(name) for name in operation.inputs]
        if out.ndim == 2:
            yield Stage([self.part(inputs, out, scratch.fresh())])
            return
        strips = list(pieces(out))
        items = [self.part([seen(x, strip) for x in inputs], strip.of(out), scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        rows = rows_written(strips, out.shape[1], out.shape[3])
        yield Stage(
            items, rows, {name: rows for name, x in zip(operation.inputs, inputs, strict=True) if not is_gate(x)}
        )

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        raise NotImplementedError


def is_gate(x: Array) -> bool:
    """Whether an image (n, H, W, C) has one cell for all."""
    return x.shape[1:3] == (1, 1)


def seen(x: Array, strip: Strip) -> Array:
    """What a strip needs of an input: its own cells, or the one cell of a gate. Strips hold all channels, be it one."""
    return x[strip.n0 : strip.n1] if is_gate(x) else x[strip.n0 : strip.n1, strip.r0 : strip.r1]


class Reduction(Elementwise):
    """Branches taken together by a function of two, then the activation; the larger ones first where the order of two
    makes no difference."""

    combine: ClassVar[np.ufunc]
    in_order: ClassVar[bool] = False

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        activation = self.operation.activation
        if activation is None:
            y, end = side_by_side(out, scratch)
        else:
            y = scratch.take(*out.shape)
            end = epilogue(y, out, None, activation, scratch)
        first, second, *others = inputs if self.in_order else sorted(inputs, key=lambda x: -x.size)
        calls: WorkItem = [partial(self.combine, first, second, out=y)]
        calls += [partial(self.combine, y, other, out=y) for other in others]
        return [*calls, *self.last(y), *end]

    def last(self, y: Array) -> list[Call]:
        """What is left to do when all are taken together."""
        return []


class Add(Reduction):
    """The sum of branches."""

    combine = np.add


class Mean(Reduction):
    """The mean of branches."""

    combine = np.add

    def last(self, y: Array) -> list[Call]:
        return [partial(np.multiply, y, np.float32(1 / len(self.operation.inputs)), out=y)]


class Mul(Reduction):
    """The product of branches, some of which may be gates."""

    combine = np.multiply


class Max(Reduction):
    """The largest of branches."""

    combine = np.maximum


class Min(Reduction):
    """The smallest of branches."""

    combine = np.minimum


class Sub(Reduction):
    """The first branch less the others."""

    combine = np.subtract
    in_order = True


class Div(Reduction):
    """The first branch over the others, some of which may be gates."""

    combine = np.divide
    in_order = True


class Affine(Elementwise):
    """y = x*factor + offset, then the activation."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        layer: Any = operation.layer
        self.factor, self.offset = (np.asarray(v, np.float32) for v in layer.line(**operation.arrays))

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        y = scratch.take(*out.shape)
        calls: WorkItem = [partial(np.multiply, inputs[0], self.factor, out=y), partial(np.add, y, self.offset, out=y)]
        return [*calls, *epilogue(y, out, None, self.operation.activation, scratch)]


class Constant:
    """x + weight or x*weight, with a weight for each cell."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        layer: Any = operation.layer
        x, out = memory.inner(operation.inputs[0]), memory.inner(operation.name)
        weight = np.ascontiguousarray(np.moveaxis(operation.arrays["weight"], 0, -1))
        combine = np.add if layer.by == "add" else np.multiply
        yield Stage([[*memory.clear_border(operation.name), partial(combine, x, weight, out=out)]])


class Activation(Elementwise):
    """An activation by itself."""

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        y = scratch.take(*out.shape)
        copy: Call = partial(np.copyto, y, inputs[0])
        return [copy, *EPILOGUES[self.operation.layer.kind](self.operation.layer, y, out, scratch)]


class PReLU(Elementwise):
    """max(x, 0) + weight*min(x, 0), one weight a channel."""

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        weight = self.operation.arrays["weight"]
        zero = np.zeros_like(weight)
        below, above = scratch.take(*out.shape), scratch.take(*out.shape)
        calls: WorkItem = [
            partial(np.minimum, inputs[0], zero, out=below),
            partial(np.multiply, below, weight, out=below),
            partial(np.maximum, inputs[0], zero, out=above),
            partial(np.add, above, below, out=above),
        ]
        return [*calls, *epilogue(above, out, None, self.operation.activation, scratch)]
