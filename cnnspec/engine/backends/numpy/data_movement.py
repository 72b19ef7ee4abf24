"""Layers that only move values: what of the input goes where in the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.shape import axis_index
from ....kernels.strips import Scratch
from ....layers.concat import Concat as Joined
from ...lowering import BoundMemory, channels_first
from ...program import Operation
from ...schedule import Stage, WorkItem

Moves = Iterator[tuple[Array, Array | float]]
"""Parts of the output, each with the part of the input that it takes, or a number for all of it."""


def identity(layer: Any, x: Array, out: Array) -> Moves:
    yield out, x


def pad(layer: Any, x: Array, out: Array) -> Moves:
    if layer.mode != "constant":
        for parts in product(*layer.copies(x.shape[1:])):
            to, of = zip(*parts, strict=True)
            yield out[:, *to], x[:, *of]
        return
    inner = out
    for axis, (before, after) in enumerate(layer.widths(x.shape[1:]), start=1):
        end = inner.shape[axis] - after
        yield from (
            (edge, layer.value)
            for edge in (cut(inner, axis, slice(0, before)), cut(inner, axis, slice(end, None)))
            if edge.size
        )
        inner = cut(inner, axis, slice(before, end))
    yield inner, x


def crop(layer: Any, x: Array, out: Array) -> Moves:
    for axis, (before, after) in enumerate(layer.widths(x.shape[1:]), start=1):
        x = cut(x, axis, slice(before, x.shape[axis] - after))
    yield out, x


def cells(layer: Any, x: Array, out: Array) -> Moves:
    axis = axis_index(layer.axis)
    first, end = layer.bounds(x.shape[axis])
    yield out, cut(x, axis, slice(first, end, layer.step))


def permute(layer: Any, x: Array, out: Array) -> Moves:
    yield out, x.transpose(0, *(1 + axis for axis in layer.axes))


def nearest(layer: Any, x: Array, out: Array) -> Moves:
    rows, columns = layer.factor
    for i in range(rows):
        for j in range(columns):
            yield out[:, :, i::rows, j::columns], x


def pixelshuffle(layer: Any, x: Array, out: Array) -> Moves:
    r = layer.factor
    for i in range(r):
        for j in range(r):
            yield out[:, :, i::r, j::r], x[:, i * r + j :: r * r]


def pixelunshuffle(layer: Any, x: Array, out: Array) -> Moves:
    r = layer.factor
    for i in range(r):
        for j in range(r):
            yield out[:, i * r + j :: r * r], x[:, :, i::r, j::r]


def channelshuffle(layer: Any, x: Array, out: Array) -> Moves:
    depth = x.shape[1] // layer.G
    for i in range(layer.G):
        yield out[:, i :: layer.G], x[:, i * depth : (i + 1) * depth]


def cut(x: Array, axis: int, cells: slice) -> Array:
    """Some cells of one axis, as a view."""
    return x[(slice(None),) * axis + (cells,)]


COPIES: dict[str, Callable[[Any, Array, Array], Moves]] = {
    "channelshuffle": channelshuffle,
    "crop": crop,
    "dropout": identity,
    "droppath": identity,
    "identity": identity,
    "pad": pad,
    "permute": permute,
    "pixelshuffle": pixelshuffle,
    "pixelunshuffle": pixelunshuffle,
    "slice": cells,
    "upsample": nearest,
}
"""Kind -> moves from x to out, both (n, C, H, W) or (n, C)."""


class Copy:
    """Carries the moves of a kind out, side by side."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        x = channels_first(memory.inner(operation.inputs[0]))
        out = channels_first(memory.inner(operation.name))
        moves = COPIES[operation.layer.kind](operation.layer, x, out)
        items: list[WorkItem] = [[partial(np.copyto, to, of)] for to, of in moves]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        yield Stage(items)


class Reshape:
    """The same values in C, H, W order, read as another size."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x = channels_first(memory.inner(self.operation.inputs[0]))
        out = channels_first(memory.inner(self.operation.name))
        calls: WorkItem = memory.clear_border(self.operation.name)
        if x.ndim == out.ndim == 4:
            # Neither lies in C, H, W order here.
            ordered = scratch.fresh().take(*x.shape)
            calls.append(partial(np.copyto, ordered, x))
            x = ordered
        calls.append(partial(np.copyto, *((out, x.reshape(out.shape)) if out.ndim == 4 else (out.reshape(x.shape), x))))
        yield Stage([calls])


class Concat:
    """Copies what was not made in its place already, and clears the border around all of it."""

    def __init__(self, operation: Operation) -> None:
        assert isinstance(operation.layer, Joined)
        self.operation = operation
        self.axis = operation.layer.index

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        out, axis = channels_first(memory.inner(self.operation.name)), self.axis
        calls: WorkItem = list(memory.clear_border(self.operation.name))
        first = 0
        for name, shape in zip(self.operation.inputs, self.operation.arriving, strict=True):
            cells = slice(first, first + shape[axis - 1])
            part, x = cut(out, axis, cells), channels_first(memory.inner(name))
            if part.__array_interface__["data"] != x.__array_interface__["data"] or part.strides != x.strides:
                calls.append(partial(np.copyto, part, x))
            first = cells.stop
        yield Stage([calls])
