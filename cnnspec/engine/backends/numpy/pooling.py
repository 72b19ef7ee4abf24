"""Pooling on (n, H, W, C): maxima and sums of shifted views, with C neighbours at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.window import SlidingWindow, SlidingWindows, bins
from ....kernels.reference.pooling import coverage, seen_by
from ....kernels.strips import Call, Scratch, side_by_side, strips
from ...lowering import BoundMemory, Lowering
from ...program import Operation
from ...schedule import Stage, rows_read, rows_written
from .data_movement import cut


def lower_max(operation: Operation) -> Lowering:
    """Max pooling; padding never wins, for it is left out."""
    return Pool(operation, np.maximum)


def lower_sum(operation: Operation) -> Lowering:
    """Sum pooling."""
    return Pool(operation, np.add)


def lower_average(operation: Operation) -> Lowering:
    """Average pooling: the sum over the cells that count."""
    layer: Any = operation.layer
    counts = coverage(layer.windows(operation.arriving[0]), layer.counts_padding).astype(np.float32)
    return Pool(operation, np.add, counts[:, :, None])


class Pool:
    """First along the rows, whose cells are long runs, then along the columns: F + F views instead of F*F."""

    def __init__(self, operation: Operation, combine: np.ufunc, divisor: Array | None = None) -> None:
        layer: Any = operation.layer
        self.operation = operation
        self.windows: SlidingWindows = layer.windows(operation.arriving[0])
        self.combine = combine
        self.divisor = divisor

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        rows, columns = self.windows
        n, _, W, C = x.shape
        parts = list(strips(n, rows.outputs, C, (rows.F + 1) * W * C))
        items = []
        for part in parts:
            seen, result = x[part.n0 : part.n1], part.of(out)
            low = scratch.fresh().take(*result.shape[:2], W, C)
            within = range(part.r0, part.r1)
            y, copy = side_by_side(result, scratch)
            calls = [
                *shifted(self.combine, seen, low, rows, within, 1),
                *shifted(self.combine, low, y, columns, range(columns.outputs), 2),
            ]
            if self.divisor is not None:
                divisor = self.divisor[part.r0 : part.r1]
                calls.append(partial(np.divide, y, divisor, out=y))
            items.append([*calls, *copy])
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items, rows_written(parts, rows.outputs, C), {self.operation.inputs[0]: rows_read(parts, rows)})


def shifted(combine: np.ufunc, x: Array, out: Array, window: SlidingWindow, within: range, axis: int) -> Iterator[Call]:
    """The taps of some windows, those `within`, combined along one axis, without those off the image."""
    pairs = (seen_by(window, tap, within) for tap in range(window.F))
    taps = sorted(((cut(x, axis, cells), windows) for cells, windows in pairs), key=lambda tap: -tap[0].size)
    whole = [seen for seen, _ in taps[:2] if seen.shape == out.shape]
    if len(whole) == 2:
        yield partial(combine, *whole, out=out)
    elif whole:
        yield partial(np.copyto, out, whole[0])
    else:
        yield partial(out.fill, 0 if combine is np.add else -np.inf)
    for seen, windows in taps[len(whole) :]:
        if seen.size:
            part = cut(out, axis, windows)
            yield partial(combine, part, seen, out=part)


class GlobalAverage:
    """The mean over all cells, as a product with a row of 1/(H*W)."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        n, H, W, C = x.shape
        calls: list[Call] = []
        dense = x
        if not x.flags.c_contiguous:
            dense = scratch.fresh().take(n, H, W, C)
            calls.append(partial(np.copyto, dense, x))
        share = np.full((1, H * W), 1 / (H * W), np.float32)
        made = scratch.take(n, 1, C) if calls else scratch.fresh().take(n, 1, C)
        calls.append(partial(np.matmul, share, dense.reshape(n, H * W, C), out=made))
        calls.append(partial(np.copyto, out, made.reshape(n, 1, 1, C)))
        yield Stage([[*memory.clear_border(self.operation.name), *calls]])


class GlobalMax:
    """The largest value of each channel."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        largest: Call = partial(np.maximum.reduce, x, axis=(1, 2), out=out, keepdims=True)
        yield Stage([[*memory.clear_border(self.operation.name), largest]])


class GlobalL2:
    """The square root of the sum of squares of each channel."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        own = scratch.fresh()
        squares, sums = own.take(*x.shape), own.take(*out.shape)
        calls: list[Call] = [
            partial(np.square, x, out=squares),
            partial(np.add.reduce, squares, axis=(1, 2), out=sums, keepdims=True),
            partial(np.sqrt, sums, out=out),
        ]
        yield Stage([[*memory.clear_border(self.operation.name), *calls]])


class L2:
    """The square root of the sum of squares in each window, an image at a time."""

    def __init__(self, operation: Operation) -> None:
        layer: Any = operation.layer
        self.operation = operation
        self.windows: SlidingWindows = layer.windows(operation.arriving[0])

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        items = [self.item(x[i : i + 1], out[i : i + 1], scratch.fresh()) for i in range(len(x))]
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items)

    def item(self, x: Array, out: Array, scratch: Scratch) -> list[Call]:
        rows, columns = self.windows
        squares, low = scratch.take(*x.shape), scratch.take(1, rows.outputs, *x.shape[2:])
        sums = scratch.take(*out.shape)
        return [
            partial(np.square, x, out=squares),
            *shifted(np.add, squares, low, rows, range(rows.outputs), 1),
            *shifted(np.add, low, sums, columns, range(columns.outputs), 2),
            partial(np.sqrt, sums, out=out),
        ]


class AdaptiveMax:
    """The largest value of each bin."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        rows, columns = (bins(*sizes) for sizes in zip(x.shape[1:3], out.shape[1:3], strict=True))
        calls: list[Call] = [
            partial(np.maximum.reduce, x[:, top:below, left:beside], axis=(1, 2), out=out[:, i, j])
            for i, (top, below) in enumerate(rows)
            for j, (left, beside) in enumerate(columns)
        ]
        yield Stage([[*memory.clear_border(self.operation.name), *calls]])
