"""What the compiled kernels do, and where one of NumPy's is quicker.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....layers.conv import Conv
from ...backend import CostModel
from ...program import Operation
from ..numpy import kernel_selection as numpy

COSTS = CostModel(flops=200.0, depthwise_macs=8.0, values=20.0, scratch_bytes=60.0, filter_bytes=15.0)


def has(operation: Operation) -> bool:
    """A convolution, but for one filter a channel."""
    layer = operation.layer
    return isinstance(layer, Conv) and not (layer.G == operation.arriving[0][0] == layer.K and layer.G > 1)


def select(operation: Operation, exact: bool) -> Operation:
    """A convolution with its kernel and border; `exact` leaves Winograd out."""
    layer: Any = operation.layer
    C = operation.arriving[0][0]
    windows = layer.windows(operation.arriving[0])
    steps = {} if exact or layer.G > 1 else numpy.winograd(C, layer.K, windows)
    direct = COSTS.macs(layer.macs(operation.arriving[0]))
    quickest = min(steps, key=lambda step: steps[step], default=0)
    if quickest and steps[quickest] < direct:
        return replace(operation, kernel=f"winograd{quickest}", halo=numpy.whole_tiles(quickest, windows))
    return replace(operation, kernel="direct", halo=numpy.border(windows))
