"""What there are compiled kernels for, and where one of NumPy's is quicker.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....graph.shape import is_image
from ....graph.window import SlidingWindows
from ....layers._affine import Affine
from ....layers._along_axis import AlongAxis
from ....layers._pool import Pool
from ....layers.add import Add
from ....layers.conv import Conv
from ....layers.dense import Dense
from ...program import Operation
from ..numpy import kernel_selection as numpy
from .costs import direct, is_depthwise, tiles_cost
from .functions import FUNCTIONS_OF
from .limits import LIMITS

ITEMS = 4
"""Into which an operation is cut for the sake of threads, where it has the rows or channels."""
KERNELS: dict[str, str] = {
    "adaptiveavgpool": "total",
    "adaptivemaxpool": "largest",
    "add": "total",
    **dict.fromkeys((*FUNCTIONS_OF, *LIMITS), "apply"),
    "avgpool": "total",
    "batchnorm": "depthwise",
    "constant": "join",
    "conv": "direct",
    "dense": "dense",
    "div": "join",
    "globalavgpool": "total",
    "globall2pool": "energy",
    "globalmaxpool": "largest",
    "l2pool": "energy",
    "logsoftmax": "shares",
    "max": "join",
    "maxpool": "largest",
    "mean": "join",
    "min": "join",
    "mul": "join",
    "prelu": "join",
    "scale": "depthwise",
    "softmax": "shares",
    "sub": "join",
    "sumpool": "total",
}
"""By the kind of layer: the kernel that carries it out, where there is no choice."""
BY_VALUE = frozenset({"apply", "join", "shares"})
"""Kernels that take each value for itself, or together with those of its cell or of other branches alone."""
ADDING = frozenset({"depthwise", "dense", "direct", "largest", "total"})
"""Kernels that can add another tensor to what they make."""


def has(operation: Operation) -> bool:
    """Values or branches of any shape; a sum of two images as large as it is; of windows those that all see something;
    softmax over the channels."""
    layer: Any = operation.layer
    if isinstance(layer, Dense) or (layer.kind in KERNELS and is_by_value(operation)):
        return not isinstance(layer, AlongAxis) or layer.axis == "C"
    if layer.kind not in KERNELS or not is_image(operation.shape):
        return False
    if isinstance(layer, Pool):
        windows = layer.windows(operation.arriving[0])
        return all(window.inside(i).length for window in windows for i in range(window.outputs))
    return True


def is_by_value(operation: Operation) -> bool:
    """Whether a kernel of those `BY_VALUE` carries it out."""
    layer = operation.layer
    if isinstance(layer, Add):
        return not is_sum_of_two(operation)
    if isinstance(layer, Affine):
        return not is_image(operation.shape)
    return KERNELS[layer.kind] in BY_VALUE


def adds(operation: Operation) -> bool:
    """Whether its kernel can add another tensor to what it makes of one."""
    return len(operation.inputs) == 1 and KERNELS[operation.layer.kind] in ADDING and not is_by_value(operation)


def is_sum_of_two(operation: Operation) -> bool:
    """An image on its way to which another is added."""
    shape = operation.shape
    return isinstance(operation.layer, Add) and is_image(shape) and operation.arriving == (shape, shape)


def select(operation: Operation, exact: bool) -> Operation:
    """An operation with its kernel and border; `exact` leaves Winograd out."""
    layer: Any = operation.layer
    if not isinstance(layer, Conv):
        kernel = KERNELS[layer.kind]
        is_join = kernel not in BY_VALUE and is_by_value(operation)
        return replace(operation, kernel="join" if is_join else kernel)
    C = operation.arriving[0][0]
    windows = layer.windows(operation.arriving[0])
    if is_depthwise(operation):
        return replace(operation, kernel="depthwise", halo=numpy.border(windows))
    if (
        not exact
        and layer.G == 1
        and is_for_tiles(windows)
        and tiles_cost(C, layer.K, windows) < direct(C, layer.K, windows)
    ):
        return replace(operation, kernel="tiles", halo=numpy.whole_tiles(4, windows))
    return replace(operation, kernel="direct", halo=numpy.border(windows))


def is_for_tiles(windows: SlidingWindows) -> bool:
    """Whether F(4x4, 3x3) is possible."""
    return all((s.F, s.S, s.D) == (3, 1, 1) for s in windows)
