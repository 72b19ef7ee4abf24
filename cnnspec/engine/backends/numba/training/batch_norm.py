"""`batchnorm` in training by native code: a call for each pass over the images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.vectors import Vectors
from .....kernels.training.batch_norm import BY_NUMPY
from .....layers.batchnorm import BatchNorm
from .calls import carry_out

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(
    vectors: Vectors, layer: BatchNorm, context: TrainingContext, x: Array, **tensors: Array
) -> tuple[Array, Pullback]:
    """`vjp_training` of batch normalisation."""
    return layer.train_by(NativePasses(vectors) if x.dtype == np.float32 else BY_NUMPY, context, x, **tensors)


class NativePasses:
    """The contract `Passes` of `kernels/training/batch_norm.py`, for contiguous images of float32."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors

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
        rows = [self._whole(values) for values in (by_x, by_y, plus)]
        first, second, offset = (values.ctypes.data for values in rows)
        C = x.shape[-1]
        numbers = x.ctypes.data, 0 if y is None else y.ctypes.data, first, second, offset, out.ctypes.data, x.size // C
        carry_out("mix", self.vectors, np.array([(*numbers, C)], np.int64))
        return out

    def _sums(self, name: str, x: Array, y: Array | None, mean: Array) -> tuple[Array, Array]:
        middle, C = self._whole(mean), x.shape[-1]
        sums = np.zeros((2, len(middle)))
        numbers = x.ctypes.data, 0 if y is None else y.ctypes.data, middle.ctypes.data, *(s.ctypes.data for s in sums)
        carry_out(name, self.vectors, np.array([(*numbers, x.size // C, C)], np.int64))
        return sums[0, :C], sums[1, :C]

    def _whole(self, values: Array) -> Array:
        """Values (C,) as float32, and zeros up to whole vectors."""
        row = np.zeros(-(-len(values) // self.vectors.lanes) * self.vectors.lanes, np.float32)
        row[: len(values)] = values
        return row
