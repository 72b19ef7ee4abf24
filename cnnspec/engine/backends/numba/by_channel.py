"""Layers that keep channels apart by `kernels/compiled/windows.py`: which taps the windows see, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ....graph.array import Array
from ....graph.window import AxisRange, SlidingWindow
from ....kernels.compiled.packing import padded_bias
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import CACHE, FilterBank, Scratch, Strip, strips
from ...schedule import WorkItem
from .kernel import two_limits
from .kernel_selection import ITEMS
from .limits import Limits
from .native import NativeCall, function

STRIP = CACHE // 2
"""float32 values of a strip's image and output."""


class Axis(NamedTuple):
    """Of each output along an axis: which cells of x its window reads; and how many x has for an output."""

    reads: Sequence[AxisRange]
    S: int

    @property
    def step(self) -> int:
        """Cells from a tap to the next."""
        return self.reads[0].step


def whole(window: SlidingWindow) -> Axis:
    """Windows over x that has its border: all taps of each."""
    return Axis([AxisRange(i * window.S, window.D, window.F) for i in range(window.outputs)], window.S)


def inside(window: SlidingWindow) -> Axis:
    """Windows over x without a border: the taps that lie on it."""
    return Axis([window.inside(i) for i in range(window.outputs)], window.S)


class ByChannel:
    """A compiled kernel by its name over windows of rows and columns: from `start` (C,) on, with weights (FH, FW, C)
    or none, multiplied with `shares` (rows, columns) or by nothing."""

    def __init__(
        self,
        name: str,
        axes: tuple[Axis, Axis],
        start: Array,
        limits: Limits,
        vectors: Vectors,
        weights: Array | None = None,
        shares: Array | None = None,
    ) -> None:
        self.axes = axes
        self.start = padded_bias(start, vectors)
        self.limits = two_limits(limits)
        self.weights = self.start if weights is None else np.zeros((*weights.shape[:2], len(self.start)), np.float32)
        if weights is not None:
            self.weights[:, :, : len(start)] = weights
        self.shares = None if shares is None else np.ascontiguousarray(shares, np.float32)
        self.size = vectors.cells
        self.function = function(name, vectors)

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        rows, columns = self.axes
        C = len(self.start)
        cost = W * C * (1 + rows.S * columns.S)
        yield from strips(n, H, C, cost, room=min(STRIP, max(2 * cost, n * H * cost // ITEMS)))

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        rows, columns = self.axes
        x = x[strip.n0 : strip.n1]
        image, row, column, _ = x.strides
        row_table = np.array([((read.first - skipped) * row, read.length) for read in rows.reads], np.int64)
        run_table = np.array([(q, n, read.first * column, read.length) for q, n, read in self.runs()], np.int64)
        addresses = [array.ctypes.data for array in (self.weights, self.start, self.limits)]
        fields = (
            *(x.ctypes.data, out.ctypes.data, 0 if plus is None else plus.ctypes.data),
            *addresses,
            0 if self.shares is None else self.shares.ctypes.data,
            *(row_table.ctypes.data, run_table.ctypes.data),
            *(len(x), strip.r0, strip.r1 - strip.r0, len(run_table)),
            *(image, columns.S * column),
            *out.strides[:3],
            *((0, 0, 0) if plus is None else plus.strides[:3]),
            *(rows.step * row, columns.step * column, 4 * len(self.start), 4 * len(columns.reads), out.shape[3]),
        )
        return [NativeCall(self.function, fields, x, out, plus, self, row_table, run_table)]

    def runs(self) -> Iterator[tuple[int, int, AxisRange]]:
        """Neighbouring cells whose windows see the same number of taps, and are multiplied with the same share, as many
        as a tile has, all about the same: the first one, how many, and what that reads."""
        reads = self.axes[1].reads
        shares = np.ones((1, len(reads))) if self.shares is None else self.shares

        def alike(q: int) -> tuple[int, bytes, int]:
            # Taps that lie before the image are left out: then the first tap does not move with the window.
            return reads[q].length, shares[:, q].tobytes(), reads[q].first - q * self.axes[1].S

        for _, group in groupby(range(len(reads)), alike):
            run = list(group)
            count = -(-len(run) // self.size)
            for part in np.array_split(run, count):
                yield int(part[0]), len(part), reads[part[0]]


BESIDE = {
    (3, 1, 1): "depthwise_3",
    (3, 2, 1): "depthwise_3_2",
    (5, 1, 1): "depthwise_5",
    (5, 2, 1): "depthwise_5_2",
}
"""Kernels for windows so wide, so far apart, whose taps are neighbours."""


def depthwise(filters: FilterBank, limits: Limits, vectors: Vectors) -> ByChannel:
    """Weight (C, 1, FH, FW); x begins at the first padded cell."""
    weight, (rows, columns), bias, _ = filters
    start = np.zeros(len(weight), np.float32) if bias is None else bias
    weights = weight[:, 0].transpose(1, 2, 0)
    name = BESIDE.get((columns.F, columns.S, columns.D), "depthwise")
    return ByChannel(name, (whole(rows), whole(columns)), start, limits, vectors, weights)
