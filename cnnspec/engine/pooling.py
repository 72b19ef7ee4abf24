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
    """First along the columns, then along the rows: F + F maxima instead of F*F."""

    halo = NONE

    def __init__(self, operation: Operation, sweeps: tuple[Sweep, Sweep]) -> None:
        self.operation = operation
        self.sweeps = sweeps

    def stages(self, memory: Memory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        rows, columns = self.sweeps
        n, H, _, C = x.shape
        items = []
        for i in range(n):
            narrow = scratch.fresh().take(1, H, columns.outputs, C)
            one, result = x[i : i + 1], out[i : i + 1]
            items.append([*shifted_maxima(one, narrow, columns, 2), *shifted_maxima(narrow, result, rows, 1)])
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield items


def shifted_maxima(x: Array, out: Array, sweep: Sweep, axis: int) -> Iterator[Call]:
    """The maximum of each window along one axis; taps off the image are left out, so padding never wins."""
    anchor = _anchor(sweep)
    assert anchor is not None
    for tap in (anchor, *(t for t in range(sweep.F) if t != anchor)):
        first = tap - sweep.before
        begin = max(0, -(first // sweep.S)) if first < 0 else 0
        end = min(sweep.outputs, (sweep.size - 1 - first) // sweep.S + 1)
        if begin >= end:
            continue
        start = first + begin * sweep.S
        seen = _cut(x, axis, slice(start, start + (end - begin - 1) * sweep.S + 1, sweep.S))
        part = _cut(out, axis, slice(begin, end))
        if tap == anchor:
            yield partial(np.copyto, part, seen)
        else:
            yield partial(np.maximum, part, seen, out=part)


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
