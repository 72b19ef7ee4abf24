"""What there are compiled kernels for, and where one of NumPy's is quicker.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....graph.shape import is_image
from ....layers._pool import Pool
from ....layers.conv import Conv
from ....layers.dense import Dense
from ...backend import CostModel
from ...program import Operation
from ..numpy import kernel_selection as numpy

COSTS = CostModel(flops=110.0, depthwise_macs=30.0, values=20.0, scratch_bytes=60.0, filter_bytes=15.0, worth=10_000.0)
"""Measured on an AVX-512 machine; the threads meet without the interpreter, so little is worth sharing."""
WINOGRAD = 0.7
"""Of a direct convolution's time: what Winograd's, by NumPy's calls, may be thought to take."""
KINDS = frozenset(
    {"add", "avgpool", "batchnorm", "conv", "globalavgpool", "maxpool", "relu", "relu6", "scale", "sumpool"}
)


def has(operation: Operation) -> bool:
    """Neurons, or an image of one of these kinds: of two branches no more, each as large as the sum, and of windows
    those that all see something."""
    layer = operation.layer
    if isinstance(layer, Dense):
        return True
    if layer.kind not in KINDS or not is_image(operation.shape) or len(operation.inputs) > 2:
        return False
    if len(operation.inputs) == 2 and operation.arriving != (operation.shape, operation.shape):
        return False
    if isinstance(layer, Pool):
        windows = layer.windows(operation.arriving[0])
        return all(window.inside(i).length for window in windows for i in range(window.outputs))
    return True


def is_depthwise(operation: Operation) -> bool:
    layer = operation.layer
    return isinstance(layer, Conv) and layer.G == operation.arriving[0][0] == layer.K and layer.G > 1


def select(operation: Operation, exact: bool) -> Operation:
    """An operation that has a choice with its kernel and border; `exact` leaves Winograd out."""
    layer: Any = operation.layer
    if not isinstance(layer, Conv):
        return operation
    C = operation.arriving[0][0]
    windows = layer.windows(operation.arriving[0])
    if is_depthwise(operation):
        return replace(operation, kernel="depthwise", halo=numpy.border(windows))
    steps = {} if exact or layer.G > 1 else numpy.winograd(C, layer.K, windows)
    direct = WINOGRAD * numpy.COSTS.macs(layer.macs(operation.arriving[0]))
    quickest = min(steps, key=lambda step: steps[step], default=0)
    if quickest and steps[quickest] < direct:
        return replace(operation, kernel=f"winograd{quickest}", halo=numpy.whole_tiles(quickest, windows))
    return replace(operation, kernel="direct", halo=numpy.border(windows))
