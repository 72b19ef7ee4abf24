"""Layers that mix the cells of each axis by fixed weights, as one product for the rows and one for the columns.

The weights are what the layer's own definition makes of an axis' unit vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ....graph.array import Array
from ....kernels.reference.pooling import average_bins
from ....kernels.reference.upsampling import bilinear
from ....kernels.strips import Scratch
from ...lowering import BoundMemory, Lowering
from ...program import Operation
from ...schedule import Stage, WorkItem
from .data_movement import Copy


def units(size: int) -> Array:
    return np.eye(size, dtype=np.float32)


def lower_bins(operation: Operation) -> Lowering:
    """Adaptive average pooling."""
    layer: Any = operation.layer
    _, H, W = operation.arriving[0]
    return Resample(operation, average_bins(units(H), 0, layer.out[0]), average_bins(units(W), 0, layer.out[1]))


def lower_upsample(operation: Operation) -> Lowering:
    """Bilinear upsampling; `nearest` mixes nothing."""
    layer: Any = operation.layer
    if layer.mode == "nearest":
        return Copy(operation)
    _, H, W = operation.arriving[0]
    return Resample(operation, bilinear(units(H), 0, layer.factor[0]), bilinear(units(W), 0, layer.factor[1]))


class Resample:
    """Weights (rows, H) and (columns, W)."""

    def __init__(self, operation: Operation, rows: Array, columns: Array) -> None:
        self.operation = operation
        self.rows = rows
        self.columns = columns

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        items = [self.item(one, result, scratch.fresh()) for one, result in zip(x, out, strict=True)]
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items)

    def item(self, x: Array, out: Array, scratch: Scratch) -> WorkItem:
        H, W, C = x.shape
        calls: WorkItem = []
        if not x.flags.c_contiguous:
            dense = scratch.take(H, W, C)
            calls.append(partial(np.copyto, dense, x))
            x = dense
        low = scratch.take(len(self.rows), W * C)
        y = scratch.take(*out.shape)
        return [
            *calls,
            partial(np.matmul, self.rows, x.reshape(H, W * C), out=low),
            partial(np.matmul, self.columns, low.reshape(-1, W, C), out=y),
            partial(np.copyto, out, y),
        ]
