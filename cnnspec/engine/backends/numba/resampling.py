"""Layers that mix the cells of each axis by fixed weights: as calls of `kernels/compiled/resampling.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....graph.array import Array
from ....graph.window import SlidingWindow
from ....kernels.compiled.vectors import Vectors
from ....kernels.reference.resampling import mixtures
from ....kernels.reference.upsampling import mixed_from
from ....kernels.strips import Scratch, Strip, strips
from ...program import Operation
from ...schedule import WorkItem
from .kernel_selection import ITEMS
from .limits import NO_LIMITS, Limits
from .lowered import Lowered, within
from .native import NativeCall, function
from .values import applied


class Mixed(NamedTuple):
    """Of an output cell along an axis: the first cell that it is made of, cells to the next one, the share of each."""

    first: int
    step: int
    shares: tuple[float, ...]


class Resampled:
    """Rows and columns of an image of C channels mixed, and held within limits."""

    def __init__(
        self, rows: Sequence[Mixed], columns: Sequence[Mixed], C: int, limits: Limits, vectors: Vectors
    ) -> None:
        self.C = C
        self.rows, self.columns = rows, columns
        self.limits = limits
        self.vectors = vectors
        self.shares = [_shares(axis) for axis in (rows, columns)]

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        yield from strips(n, H, self.C, 1, room=max(1, -(-n * H // ITEMS)))

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        assert plus is None, "nothing is added behind it"
        x = x[strip.n0 : strip.n1, : x.shape[1] - skipped]
        down, across = (
            _table(axis, step, shares)
            for axis, step, shares in zip((self.rows, self.columns), x.strides[1:3], self.shares, strict=True)
        )
        n, H, W, C = out.shape
        addresses = (array.ctypes.data for array in (x, out, down, across))
        fields = (*addresses, n, strip.r0, H, W, C, x.strides[0], *out.strides[:3])
        call = NativeCall(function("resample", self.vectors), fields, x, out, down, across, self.shares)
        return [call] if self.limits == NO_LIMITS else [call, applied("clamp", self.limits, out, out, self.vectors)]


def _shares(axis: Sequence[Mixed]) -> Array:
    """All of an axis, one cell's behind the other's."""
    return np.array([share for mixed in axis for share in mixed.shares], np.float32)


def _table(axis: Sequence[Mixed], step: int, shares: Array) -> NDArray[np.int64]:
    """Four numbers a cell; `step` bytes lie between neighbours of the axis."""
    counts = [len(mixed.shares) for mixed in axis]
    places = shares.ctypes.data + 4 * (np.cumsum(counts) - counts)
    rows = zip(axis, counts, places, strict=True)
    return np.array([(m.first * step, m.step * step, count, place) for m, count, place in rows], np.int64)


def resize(operation: Operation, vectors: Vectors) -> Lowered:
    """Cells mixed as the layer says."""
    layer: Any = operation.layer
    rows, columns = (
        [Mixed(cell.first, 1, cell.shares) for cell in mixtures(axis)] for axis in layer.axes(operation.arriving[0])
    )
    return _lowered(operation, rows, columns, vectors)


def upsample(operation: Operation, vectors: Vectors) -> Lowered:
    """By a whole factor: two cells mixed, which at the upper edge are one and the same."""
    layer: Any = operation.layer
    rows, columns = (_beside(*of) for of in zip(operation.arriving[0][1:], layer.factor, strict=True))
    return _lowered(operation, rows, columns, vectors)


def _beside(size: int, factor: int) -> list[Mixed]:
    cells = zip(*mixed_from(size, factor), strict=True)
    return [Mixed(int(below), int(above - below), (1 - weight, weight)) for below, above, weight in cells]


def _lowered(operation: Operation, rows: list[Mixed], columns: list[Mixed], vectors: Vectors) -> Lowered:
    """A strip may need all rows of its input."""
    C, H, _ = operation.arriving[0]
    kernel = Resampled(rows, columns, C, within(operation), vectors)
    return Lowered(operation, kernel, SlidingWindow(H, H), vectors)
