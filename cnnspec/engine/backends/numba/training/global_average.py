"""Global average pooling in training by native code, over images whose channels are last: sums of products with the
share that a cell has, and back that share of the gradient for each cell."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.layout import JOINS
from .....kernels.compiled.tables import TWO_FIELDS
from .....layers.globalavgpool import GlobalAvgPool
from .addresses import address
from .calls import Native, cut
from .cell_sums import cell_sums
from .memory_order import as_images, channels_last
from .plan import PLANS, Plan

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

VALUE = 0.15
"""Nanoseconds of a value."""
PRODUCT_WITH_ONE = 2 * JOINS.index("multiply") + 1


def train(native: Native, layer: GlobalAvgPool, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
    """`vjp_training` of the mean of each channel."""
    if x.dtype != np.float32 or not x.size:
        return native.left_to_numpy(layer, context, x)
    seen = channels_last(x, native)
    N, H, W, C = seen.shape
    hands = native.hands(N, VALUE * x.size)
    y = native.empty((N, 1, 1, C))
    sums = cell_sums((H * W,) * N, C, 1 / (H * W), hands)
    native.carry_out("by_filters", native.at(sums, y=seen, out=y), sums.owners)

    def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
        by_output, dx = channels_last(dy, native), native.empty((N, H, W, C))
        shares = _shares(N, H * W, C, hands)
        native.carry_out("join", native.at(shares, x=by_output, out=dx), shares.owners)
        return (as_images(dx),), {}

    return as_images(y), pull


@lru_cache(PLANS)
def _shares(N: int, cells: int, C: int, hands: int) -> Plan:
    """A call for each thread, which has some of the images."""
    share = np.full(1, 1 / cells, np.float32)
    tables = [
        (
            4 * C * part.start, address(share), 4 * cells * C * part.start, PRODUCT_WITH_ONE,
            part.stop - part.start, cells, 1, C, 4 * C, 0, 0, 0, 0, 0, 4 * cells * C, 4 * C, 0,
        )
        for part in cut(N, hands)
    ]  # fmt: skip
    return Plan(np.array(tables, np.int64), TWO_FIELDS, (share,), np.arange(len(tables)))
