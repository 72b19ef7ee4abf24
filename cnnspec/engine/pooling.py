"""Pooling on (n, H, W, C): maxima and sums of shifted views, with C neighbours at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ..geometry import Sweep
from ..kernels.strips import Call, Scratch
from ..kernels.windows import Array
from .layout import NONE
from .lowering import Lowering, Memory, Stage
from .program import Operation


def lower_max(operation: Operation) -> Lowering | None:
    """Max pooling by shifted maxima, where every window has its middle on the image."""
    layer: Any = operation.layer
    sweeps = layer.sweeps(operation.arriving[0])
    return MaxPool(operation, sweeps) if all(_anchor(s) is not None for s in sweeps) else None


def _anchor(sweep: Sweep) -> int | None:
    """A tap that lies on the image in every window: the one to begin with."""
    for tap in range(sweep.F):
        first = tap - sweep.before
        if first >= 0 and first + (sweep.outputs - 1) * sweep.S < sweep.size:
            return tap
    return None


class MaxPool:
    """First along the rows, whose cells are long runs, then along the columns: F + F maxima instead of F*F."""

    halo = NONE

    def __init__(self, operation: Operation, sweeps: tuple[Sweep, Sweep]) -> None:
        self.operation = operation
        self.sweeps = sweeps

    def stages(self, memory: Memory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        rows, columns = self.sweeps
        n, _, W, C = x.shape
        items = []
        for i in range(n):
            low = scratch.fresh().take(1, rows.outputs, W, C)
            one, result = x[i : i + 1], out[i : i + 1]
            items.append([*shifted_maxima(one, low, rows, 1), *shifted_maxima(low, result, columns, 2)])
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield items


def shifted_maxima(x: Array, out: Array, sweep: Sweep, axis: int) -> Iterator[Call]:
    """The maximum of each window along one axis; taps off the image are left out, so padding never wins."""
    anchor = _anchor(sweep)
    assert anchor is not None
    first, _ = _tap(x, sweep, axis, anchor)
    others = [_tap(x, sweep, axis, tap) for tap in range(sweep.F) if tap != anchor]
    others = sorted((o for o in others if o[0].size), key=lambda o: -o[0].size)
    if not others or others[0][0].shape != out.shape:
        yield partial(np.copyto, out, first)
    else:
        yield partial(np.maximum, first, others.pop(0)[0], out=out)
    for seen, cells in others:
        part = _cut(out, axis, cells)
        yield partial(np.maximum, part, seen, out=part)


def _tap(x: Array, sweep: Sweep, axis: int, tap: int) -> tuple[Array, slice]:
    """What one tap of the window sees of the image, and the outputs for which it lies on it."""
    start = tap - sweep.before
    begin = max(0, -(start // sweep.S))
    end = max(begin, min(sweep.outputs, (sweep.size - 1 - start) // sweep.S + 1))
    start += begin * sweep.S
    return _cut(
        x, axis, slice(start, start + (end - begin - 1) * sweep.S + 1 if end > begin else start, sweep.S)
    ), slice(begin, end)


def _cut(x: Array, axis: int, cells: slice) -> Array:
    return x[(slice(None),) * axis + (cells,)]


class GlobalAverage:
    """The mean over all cells, as a product with a row of 1/(H*W)."""

    halo = NONE

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: Memory, scratch: Scratch) -> Iterator[Stage]:
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
        yield [[*memory.clear_border(self.operation.name), *calls]]
