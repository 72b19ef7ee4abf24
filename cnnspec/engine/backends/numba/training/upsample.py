"""`upsample` of the mode `nearest` in training by native code: each cell is copied to several, whose gradients are
added up on the way back."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.tables import TWO_FIELDS
from .....layers.upsample import Upsample
from .add import SUM, VALUE
from .calls import Native, cut
from .memory_order import as_images, channels_last
from .moves import put
from .plan import PLANS, Plan

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

Steps = tuple[int, ...]


def train(native: Native, layer: Upsample, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of upsampling; what is mixed is left to NumPy."""
    if x.dtype != np.float32 or layer.mode != "nearest":
        return native.left_to_numpy(layer, context, x)
    rows, columns = layer.factor
    seen = channels_last(x, native)
    N, H, W, C = seen.shape
    y = native.empty((N, H * rows, W * columns, C))
    for i, j in product(range(rows), range(columns)):
        put(seen, y[:, i::rows, j::columns], native)

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        by_output = channels_last(dy, native)
        total, *others = (by_output[:, i::rows, j::columns] for i, j in product(range(rows), range(columns)))
        dx = native.empty(seen.shape)
        if not others:
            put(total, dx, native)
        for other in others:
            _add(total, other, dx, native)
            total = dx
        return (as_images(dx),), {}

    return as_images(y), pull


def _add(x: Array, y: Array, out: Array, native: Native) -> None:
    """Write sums (N, H, W, C); the channels of each array lie side by side."""
    plan = _sums(out.shape, x.strides, y.strides, out.strides, native.hands(len(out), VALUE * out.size))
    native.carry_out("join", native.at(plan, x=x, y=y, out=out), plan.owners)


@lru_cache(PLANS)
def _sums(shape: Steps, x: Steps, y: Steps, out: Steps, hands: int) -> Plan:
    """A call for each thread, which has some of the images."""
    N, H, W, C = shape
    steps = x, y, out
    parts = cut(N, hands)
    tables = [
        (
            *(step[0] * part.start for step in steps), SUM, part.stop - part.start, H, W, C,
            *(size for step in steps for size in step[:3]),
        )
        for part in parts
    ]  # fmt: skip
    return Plan(np.array(tables, np.int64).reshape(-1, len(TWO_FIELDS)), TWO_FIELDS, (), np.arange(len(parts)))
