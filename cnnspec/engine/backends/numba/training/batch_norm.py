"""`batchnorm` in training by native code: a call for each pass over the images."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.batch_norm import MIX_FIELDS, SUM_FIELDS
from .....kernels.training.batch_norm import BY_NUMPY
from .....layers.batchnorm import BatchNorm
from .calls import Native, address, cut, owners
from .plan import PLANS, Plan

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
        C, begin = x.shape[-1], address(rows)
        cells = x.size // C
        plan = _multiples(cells, C, y is not None, self.native.hands(cells, VALUE * x.size))
        images = {"x": address(x), "out": address(out)} | ({} if y is None else {"y": address(y)})
        by = {name: begin + rows.strides[0] * i for i, name in enumerate(("by_x", "by_y", "plus"))}
        self.native.carry_out("mix", plan.at(**images, **by), plan.owners)
        return out

    def _sums(self, name: str, x: Array, y: Array | None, mean: Array) -> tuple[Array, Array]:
        """Those of so many parts as hang on the size alone, added up in order."""
        middle, C = self._whole(mean), x.shape[-1]
        cells = x.size // C
        parts = max(1, min(PARTS, x.size // PART))
        plan = _partial_sums(cells, C, middle.shape[1], parts, self.native.hands(parts, VALUE * x.size))
        sums = np.zeros((len(plan.tables), 2, middle.shape[1]))
        images = {"x": address(x)} | ({} if y is None else {"y": address(y)})
        first = address(sums)
        tables = plan.at(**images, mean=address(middle), first=first, second=first + sums.strides[1])
        self.native.carry_out(name, tables, plan.owners)
        total = sums.sum(axis=0)
        return total[0, :C], total[1, :C]

    def _whole(self, *values: Array) -> Array:
        """Values (C,) as rows of float32, and zeros up to whole vectors."""
        rows = np.zeros((len(values), self.native.whole(len(values[0]))), np.float32)
        for row, each in zip(rows, values, strict=True):
            row[: len(each)] = each
        return rows


@lru_cache(PLANS)
def _multiples(cells: int, C: int, has_y: bool, hands: int) -> Plan:
    """Of `mix`: a call for each thread."""
    tables = [
        (4 * C * part.start, 4 * C * part.start * has_y, 0, 0, 0, 4 * C * part.start, part.stop - part.start, C)
        for part in cut(cells, hands)
    ]
    return Plan(np.array(tables, np.int64), MIX_FIELDS, (), np.arange(len(tables)))


@lru_cache(PLANS)
def _partial_sums(cells: int, C: int, width: int, parts: int, hands: int) -> Plan:
    """Of sums: a call for each part, which has two rows of so many sums in float64."""
    tables = [
        (4 * C * part.start, 4 * C * part.start, 0, 16 * width * i, 16 * width * i, part.stop - part.start, C)
        for i, part in enumerate(cut(cells, parts))
    ]
    return Plan(np.array(tables, np.int64), SUM_FIELDS, (), owners(len(tables), min(hands, len(tables))))
