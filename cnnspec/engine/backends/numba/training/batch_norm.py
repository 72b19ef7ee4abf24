"""`batchnorm` in training by native code: a call for each pass over the images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.training.batch_norm import BY_NUMPY
from .....layers.batchnorm import BatchNorm
from .calls import Native, address, cut, owners

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

VALUE = 0.2
"""Nanoseconds of a value."""
PARTS, PART = 8, 1 << 16
"""Into so many parts, of at least so many values, sums are cut for the sake of threads."""


def train(
    native: Native, layer: BatchNorm, context: TrainingContext, x: Array, **tensors: Array
) -> tuple[Array, Pullback]:
    """`vjp_training` of batch normalisation."""
    return layer.train_by(NativePasses(native) if x.dtype == np.float32 else BY_NUMPY, context, x, **tensors)


class NativePasses:
    """The contract `Passes` of `kernels/training/batch_norm.py`, for contiguous images of float32."""

    def __init__(self, native: Native) -> None:
        self.native = native

    def total(self, x: Array) -> Array:
        total, _ = self._sums("totals", x, None, np.zeros(x.shape[-1]))
        return total

    def squares(self, x: Array, mean: Array) -> Array:
        total, _ = self._sums("squares", x, None, mean)
        return total

    def moments(self, dy: Array, x: Array, mean: Array) -> tuple[Array, Array]:
        return self._sums("moments", x, dy, mean)

    def mixed(self, *factors: tuple[Array, Array], plus: Array) -> Array:
        (x, by_x), *others = factors
        out = np.empty_like(x)
        y, by_y = others[0] if others else (None, plus)
        rows = self._whole(by_x, by_y, plus)
        first, second, offset = (address(rows) + rows.strides[0] * i for i in range(3))
        cells, C = x.size // x.shape[-1], x.shape[-1]
        x_at, y_at, out_at = address(x), 0 if y is None else address(y), address(out)
        parts = cut(cells, self.native.hands(cells, VALUE * x.size))
        tables = [
            (
                x_at + 4 * C * part.start, y_at and y_at + 4 * C * part.start, first, second, offset,
                out_at + 4 * C * part.start, part.stop - part.start, C,
            )
            for part in parts
        ]  # fmt: skip
        self.native.carry_out("mix", np.array(tables, np.int64), np.arange(len(parts)))
        return out

    def _sums(self, name: str, x: Array, y: Array | None, mean: Array) -> tuple[Array, Array]:
        """Those of so many parts as hang on the size alone, added up in order."""
        middle, C = self._whole(mean), x.shape[-1]
        cells = x.size // C
        parts = cut(cells, max(1, min(PARTS, x.size // PART)))
        sums = np.zeros((len(parts), 2, middle.shape[1]))
        x_at, y_at, mean_at, sums_at = address(x), 0 if y is None else address(y), address(middle), address(sums)
        tables = [
            (
                x_at + 4 * C * part.start, y_at and y_at + 4 * C * part.start, mean_at,
                sums_at + sums.strides[0] * i, sums_at + sums.strides[0] * i + sums.strides[1],
                part.stop - part.start, C,
            )
            for i, part in enumerate(parts)
        ]  # fmt: skip
        hands = self.native.hands(len(parts), VALUE * x.size)
        self.native.carry_out(name, np.array(tables, np.int64), owners(len(parts), hands))
        total = sums.sum(axis=0)
        return total[0, :C], total[1, :C]

    def _whole(self, *values: Array) -> Array:
        """Values (C,) as rows of float32, and zeros up to whole vectors."""
        rows = np.zeros((len(values), self.native.whole(len(values[0]))), np.float32)
        for row, each in zip(rows, values, strict=True):
            row[: len(each)] = each
        return rows
