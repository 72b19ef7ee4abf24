"""`dense` in training by native code: a vector is an image of one cell, its neurons are filters that see that cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindow
from .....kernels.training.convolution import no_gradient
from .....layers.dense import Dense
from .bias import bias_gradient
from .calls import Native
from .correlation import adjoint, correlate
from .filter_gradient import by_filters
from .moves import contiguous

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext

CELL = (SlidingWindow(1, 1), SlidingWindow(1, 1))


def train(
    native: Native, layer: Dense, context: TrainingContext, x: Array, *, weight: Array, bias: Array | None = None
) -> tuple[Array, Pullback]:
    """`vjp_training` of a dense layer."""
    offset = {} if bias is None else {"bias": bias}
    if any(array.dtype != np.float32 or not array.size for array in (x, weight, *offset.values())):
        return native.left_to_numpy(layer, context, x, weight=weight, **offset)
    seen, filters = _as_cells(x, native), contiguous(weight, native)[:, :, None, None]
    y = correlate(seen, filters, CELL, 1, native, bias)

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = _as_cells(dy, native)
        dx = adjoint(by_output, filters, CELL, 1, native)[:, 0, 0] if context.needs_input_grad else no_gradient(x)
        found = {"weight": by_filters(seen, by_output, CELL, 1, native)[:, :, 0, 0]}
        return (dx,), found if bias is None else found | {"bias": bias_gradient(by_output, native)}

    return y[:, 0, 0], pull


def _as_cells(x: Array, native: Native) -> Array:
    return contiguous(x, native).reshape(len(x), 1, 1, -1)
