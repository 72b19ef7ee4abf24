"""Layers that mix the cells of each axis by fixed weights: along the rows, then along the columns.

Each output takes the cells that it is made of and no others: in a product with a matrix that holds zeros, what is
infinite or no number would spread over the whole map.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.window import bins
from ....kernels.reference.resampling import mixtures
from ....kernels.reference.upsampling import Mixed, mixed_from
from ....kernels.strips import CACHE, Call, Scratch
from ...lowering import BoundMemory, Lowering
from ...program import Operation
from ...schedule import Stage, WorkItem
from .data_movement import Copy

Shares = list[tuple[int, Array]]
"""Of each output along an axis: the first cell that it is made of, and the shares (1, cells) of that and the next."""


def lower_adaptive_average(operation: Operation) -> Lowering:
    """The mean over each bin: as much of each of its cells."""
    layer: Any = operation.layer
    rows, columns = (_means(*of) for of in zip(operation.arriving[0][1:], layer.out, strict=True))
    return Weighed(operation, rows, columns)


def lower_resize(operation: Operation) -> Lowering:
    """Cells mixed as the layer says."""
    layer: Any = operation.layer
    rows, columns = (
        [(cell.first, np.array([cell.shares], np.float32)) for cell in mixtures(axis)]
        for axis in layer.axes(operation.arriving[0])
    )
    return Weighed(operation, rows, columns)


def _means(size: int, out: int) -> Shares:
    return [(first, np.full((1, end - first), 1 / (end - first), np.float32)) for first, end in bins(size, out)]


class Weighed:
    """Products of neighbouring cells with a row of shares, first along the rows and then along the columns."""

    def __init__(self, operation: Operation, rows: Shares, columns: Shares) -> None:
        self.operation = operation
        self.rows, self.columns = rows, columns

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        items = [self.item(one, result, scratch.fresh()) for one, result in zip(x, out, strict=True)]
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items)

    def item(self, x: Array, out: Array, scratch: Scratch) -> WorkItem:
        _, W, C = x.shape
        x, calls = whole(x, scratch)
        low, y = scratch.take(len(self.rows), W, C), scratch.take(len(self.columns), len(self.rows), 1, C)
        for i, (first, shares) in enumerate(self.rows):
            cells = x[first : first + shares.size].reshape(-1, W * C)
            calls.append(partial(np.matmul, shares, cells, out=low[i].reshape(1, -1)))
        for i, (first, shares) in enumerate(self.columns):
            calls.append(partial(np.matmul, shares, low[:, first : first + shares.size], out=y[i]))
        return [*calls, partial(np.copyto, out, y[:, :, 0].transpose(1, 0, 2))]


def lower_upsample(operation: Operation) -> Lowering:
    """Bilinear upsampling; `nearest` mixes nothing."""
    layer: Any = operation.layer
    return Copy(operation) if layer.mode == "nearest" else Bilinear(operation)


class Bilinear:
    """Rows in strips that fit the cache: two rows mixed, and of what that gives two columns."""

    def __init__(self, operation: Operation) -> None:
        layer: Any = operation.layer
        self.operation = operation
        _, H, W = operation.arriving[0]
        self.rows, self.columns = mixed_from(H, layer.factor[0]), mixed_from(W, layer.factor[1])

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        n, H, W, C = out.shape
        height = max(1, CACHE // (4 * W * C))
        items = [
            self.item(x[i], out[i, first : first + height], first, scratch.fresh())
            for i in range(n)
            for first in range(0, H, height)
        ]
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items)

    def item(self, x: Array, out: Array, first: int, scratch: Scratch) -> WorkItem:
        strip = slice(first, first + len(out))
        below, above = self.rows.below[strip], self.rows.above[strip]
        begin = int(below[0])
        x, calls = whole(x[begin : int(above[-1]) + 1], scratch)
        low, more = _mix(x, Mixed(below - begin, above - begin, self.rows.weight[strip]), 0, scratch)
        y, last = _mix(low, self.columns, 1, scratch)
        return [*calls, *more, *last, partial(np.copyto, out, y)]


def _mix(x: Array, mixed: Mixed, axis: int, scratch: Scratch) -> tuple[Array, list[Call]]:
    """An axis of contiguous x enlarged, and the calls that do it, as `kernels.reference.upsampling` defines it."""
    shape = *x.shape[:axis], len(mixed.weight), *x.shape[axis + 1 :]
    y, other = scratch.take(*shape), scratch.take(*shape)
    weight = mixed.weight.astype(np.float32).reshape(-1, *(1 for _ in x.shape[axis + 1 :]))
    # In the mode `clip` nothing is buffered; no place is beyond the axis.
    return y, [
        partial(np.take, x, mixed.below, axis, y, "clip"),
        partial(np.multiply, y, 1 - weight, out=y),
        partial(np.take, x, mixed.above, axis, other, "clip"),
        partial(np.multiply, other, weight, out=other),
        partial(np.add, y, other, out=y),
    ]


def whole(x: Array, scratch: Scratch) -> tuple[Array, list[Call]]:
    """x as one piece of memory: itself, or a copy with the call that makes it."""
    if x.flags.c_contiguous:
        return x, []
    copy = scratch.take(*x.shape)
    return copy, [partial(np.copyto, copy, x)]
