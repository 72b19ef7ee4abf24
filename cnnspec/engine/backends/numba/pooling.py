"""Layers that take the cells of windows together, channel by channel: all by `kernels/compiled/windows.py`."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.window import AxisRange, SlidingWindow, SlidingWindows, bins
from ....kernels.compiled.vectors import Vectors
from ....kernels.reference.pooling import coverage
from ....kernels.strips import Scratch, Strip
from ...program import Operation
from ...schedule import WorkItem
from .by_channel import Axis, ByChannel, inside
from .limits import NO_LIMITS, Limits
from .lowered import Lowered, within
from .values import applied


def largest(operation: Operation, vectors: Vectors) -> Lowered:
    """Padding never wins, for it is left out."""
    return _largest(operation, vectors, *_sliding(operation))


def global_largest(operation: Operation, vectors: Vectors) -> Lowered:
    return _largest(operation, vectors, *_over_all(operation))


def adaptive_largest(operation: Operation, vectors: Vectors) -> Lowered:
    return _largest(operation, vectors, *_binned(operation))


def total(operation: Operation, vectors: Vectors) -> Lowered:
    return _total(operation, vectors, *_sliding(operation))


def average(operation: Operation, vectors: Vectors) -> Lowered:
    """Sums, each divided by the number of cells that count."""
    layer: Any = operation.layer
    counts = coverage(layer.windows(operation.arriving[0]), layer.counts_padding)
    return _total(operation, vectors, *_sliding(operation), 1 / counts)


def global_average(operation: Operation, vectors: Vectors) -> Lowered:
    return _mean(operation, vectors, *_over_all(operation))


def adaptive_average(operation: Operation, vectors: Vectors) -> Lowered:
    return _mean(operation, vectors, *_binned(operation))


def length(operation: Operation, vectors: Vectors) -> Lowered:
    return _length(operation, vectors, *_sliding(operation))


def global_length(operation: Operation, vectors: Vectors) -> Lowered:
    return _length(operation, vectors, *_over_all(operation))


class Rooted:
    """The square roots of what a kernel makes, within limits."""

    def __init__(self, kernel: ByChannel, limits: Limits, vectors: Vectors) -> None:
        self.kernel = kernel
        self.limits = limits
        self.vectors = vectors

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        return self.kernel.strips(n, H, W)

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        assert plus is None, "nothing is added behind a root"
        calls = self.kernel.bind(x, out, None, strip, scratch, skipped)
        functions = [("root", ()), *([] if self.limits == NO_LIMITS else [("clamp", self.limits)])]
        return [*calls, *(applied(*each, out, out, self.vectors) for each in functions)]


def _sliding(operation: Operation) -> tuple[tuple[Axis, Axis], SlidingWindow]:
    """The axes of a layer's windows, and through which a strip looks at rows."""
    layer: Any = operation.layer
    windows: SlidingWindows = layer.windows(operation.arriving[0])
    return (inside(windows[0]), inside(windows[1])), windows[0]


def _over_all(operation: Operation) -> tuple[tuple[Axis, Axis], SlidingWindow]:
    """One window over all cells."""
    _, H, W = operation.arriving[0]
    return (inside(SlidingWindow(H, H)), inside(SlidingWindow(W, W))), SlidingWindow(H, H)


def _binned(operation: Operation) -> tuple[tuple[Axis, Axis], SlidingWindow]:
    """Bins that cover an image; a strip may need all of its rows."""
    rows, columns = (
        Axis([AxisRange(first, 1, end - first) for first, end in bins(size, out)], size // out)
        for size, out in zip(operation.arriving[0][1:], operation.shape[1:], strict=True)
    )
    H = operation.arriving[0][1]
    return (rows, columns), SlidingWindow(H, H)


def _largest(operation: Operation, vectors: Vectors, axes: tuple[Axis, Axis], rows: SlidingWindow) -> Lowered:
    lowest = np.full(operation.shape[0], -inf, np.float32)
    return Lowered(operation, ByChannel("largest", axes, lowest, within(operation), vectors), rows, vectors)


def _mean(operation: Operation, vectors: Vectors, axes: tuple[Axis, Axis], rows: SlidingWindow) -> Lowered:
    """Sums, each divided by the number of its cells."""
    down, across = (1 / np.array([read.length for read in axis.reads]) for axis in axes)
    return _total(operation, vectors, axes, rows, np.multiply.outer(down, across))


def _total(
    operation: Operation, vectors: Vectors, axes: tuple[Axis, Axis], rows: SlidingWindow, shares: Array | None = None
) -> Lowered:
    nothing = np.zeros(operation.shape[0], np.float32)
    kernel = ByChannel("total", axes, nothing, within(operation), vectors, None, shares)
    return Lowered(operation, kernel, rows, vectors)


def _length(operation: Operation, vectors: Vectors, axes: tuple[Axis, Axis], rows: SlidingWindow) -> Lowered:
    nothing = np.zeros(operation.shape[0], np.float32)
    squares = ByChannel("energy", axes, nothing, NO_LIMITS, vectors)
    return Lowered(operation, Rooted(squares, within(operation), vectors), rows, vectors)
