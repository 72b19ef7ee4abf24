"""Operations whose compiled kernels write their strips where they belong, and finish them on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ....graph.shape import is_image
from ....graph.window import SlidingWindow
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import FilterBank
from ...lowering import Lowering
from ...program import Operation
from . import normalization, pooling, resampling, values
from .block_winograd import BlockWinograd
from .by_channel import ByChannel, depthwise, inside
from .dense import Dense
from .direct import Direct
from .functions import FUNCTIONS_OF
from .kernel import Maker
from .kernel_selection import is_sum_of_two
from .limits import LIMITS
from .lowered import Lowered, within
from .transposed import Transposed
from .winograd import Winograd

CONVOLUTIONS: dict[str, Maker] = {
    "block_tiles": BlockWinograd,
    "depthwise": depthwise,
    "direct": Direct,
    "tiles": Winograd,
}
"""By the names under which `kernel_selection` chooses them."""


def convolution(operation: Operation, vectors: Vectors) -> Lowered:
    """By the kernel that was chosen."""
    layer: Any = operation.layer
    windows = layer.windows(operation.arriving[0])
    filters = FilterBank(operation.arrays["weight"], windows, operation.arrays.get("bias"), layer.G)
    kernel = CONVOLUTIONS[operation.kernel](filters, within(operation), vectors)
    return Lowered(operation, kernel, windows[0], vectors)


def transposed_convolution(operation: Operation, vectors: Vectors) -> Lowered:
    """A strip may need all rows of its input."""
    layer: Any = operation.layer
    windows, H = layer.windows(operation.arriving[0]), operation.arriving[0][1]
    filters = FilterBank(operation.arrays["weight"], windows, operation.arrays.get("bias"), layer.G)
    kernel = Transposed(filters, operation.halo, within(operation), vectors)
    return Lowered(operation, kernel, SlidingWindow(H, H), vectors)


def affine(operation: Operation, vectors: Vectors) -> Lowering:
    """Scale and offset of each channel: of an image a depthwise convolution of one tap."""
    if not is_image(operation.shape):
        return values.affine(operation, vectors)
    layer: Any = operation.layer
    C, H, W = operation.shape
    factor, offset = (np.broadcast_to(v, C).astype(np.float32) for v in layer.line(**operation.arrays))
    axes = inside(SlidingWindow(H, 1)), inside(SlidingWindow(W, 1))
    kernel = ByChannel("depthwise", axes, offset, within(operation), vectors, factor[None, None])
    return Lowered(operation, kernel, SlidingWindow(H, 1), vectors)


def add(operation: Operation, vectors: Vectors) -> Lowering:
    """Two images: one is passed on, the other added; else branches value by value."""
    if not is_sum_of_two(operation):
        return values.commutative("add", operation, vectors)
    first, second = operation.inputs
    return passed(replace(operation, inputs=(first,), plus=second), vectors)


def passed(operation: Operation, vectors: Vectors) -> Lowered:
    """The values as they are, but for what ends the operation."""
    C, H, W = operation.shape
    axes = inside(SlidingWindow(H, 1)), inside(SlidingWindow(W, 1))
    kernel = ByChannel("total", axes, np.zeros(C, np.float32), within(operation), vectors)
    return Lowered(operation, kernel, SlidingWindow(H, 1), vectors)


LOWERINGS: dict[str, Callable[[Operation, Vectors], Lowering]] = {
    **dict.fromkeys((*FUNCTIONS_OF, *LIMITS), values.activation),
    "adaptiveavgpool": pooling.adaptive_average,
    "adaptivemaxpool": pooling.adaptive_largest,
    "add": add,
    "avgpool": pooling.average,
    "batchnorm": affine,
    "constant": values.constant,
    "conv": convolution,
    "deconv": transposed_convolution,
    "dense": Dense,
    "div": partial(values.in_order, "divide"),
    "globalavgpool": pooling.global_average,
    "globall2pool": pooling.global_length,
    "globalmaxpool": pooling.global_largest,
    "groupnorm": normalization.group_norm,
    "l2pool": pooling.length,
    "logsoftmax": values.log_softmax,
    "max": partial(values.commutative, "larger"),
    "maxpool": pooling.largest,
    "instancenorm": normalization.instance_norm,
    "layernorm": normalization.layer_norm,
    "lrn": normalization.local_response,
    "mean": values.mean,
    "min": partial(values.commutative, "smaller"),
    "mul": partial(values.commutative, "multiply"),
    "prelu": values.prelu,
    "resize": resampling.resize,
    "rmsnorm": normalization.rms_norm,
    "scale": affine,
    "softmax": values.softmax,
    "sub": partial(values.in_order, "subtract"),
    "sumpool": pooling.total,
    "upsample": resampling.upsample,
}
"""By the kind of an operation's layer."""
