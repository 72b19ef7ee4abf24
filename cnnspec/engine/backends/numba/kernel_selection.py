"""What there are compiled kernels for, and where one of NumPy's is quicker.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....graph.shape import is_image
from ....graph.window import SlidingWindows
from ....layers._along_axis import AlongAxis
from ....layers._pool import Pool
from ....layers.add import Add
from ....layers.conv import Conv
from ....layers.deconv import Deconv
from ....layers.dense import Dense
from ....layers.lrn import LRN
from ....layers.upsample import Upsample
from ...halo import Halo
from ...program import Operation
from ..numpy import kernel_selection as numpy
from .costs import block_tiles_cost, direct, is_depthwise, kept_bytes_cost, tiles_cost
from .functions import FUNCTIONS_OF
from .limits import LIMITS
from .phases import phases, reached

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
    "deconv": "phases",
    "dense": "dense",
    "div": "join",
    "globalavgpool": "total",
    "globall2pool": "energy",
    "globalmaxpool": "largest",
    "groupnorm": "map_norm",
    "instancenorm": "map_norm",
    "l2pool": "energy",
    "layernorm": "run_norm",
    "logsoftmax": "shares",
    "lrn": "channel_response",
    "max": "join",
    "maxpool": "largest",
    "mean": "join",
    "min": "join",
    "mul": "join",
    "prelu": "join",
    "resize": "resample",
    "rmsnorm": "run_norm",
    "scale": "depthwise",
    "softmax": "shares",
    "sub": "join",
    "sumpool": "total",
    "upsample": "resample",
}
"""By the kind of layer: the kernel that carries it out, where there is no choice."""
OTHERWISE = {"add": "join", "batchnorm": "join", "groupnorm": "run_norm", "scale": "join"}
"""The same for vectors, and for sums of other branches than two images as large as each other."""
BY_VALUE = frozenset({"apply", "join", "run_norm", "shares"})
"""Kernels that take each value for itself, or together with others of its cell, of its vector or of other branches."""
ADDING = frozenset({"depthwise", "dense", "direct", "largest", "phases", "total"})
"""Kernels that can add another tensor to what they make."""

FEW_CHANNELS = 2
"""Up to which each of NumPy's calls for whole rows is quicker than one for each cell."""


def has(operation: Operation) -> bool:
    """Values or branches of any shape; a sum of two images as large as it is; of windows those that all see something;
    softmax over the channels; powers of what is not negative, by exponents that are not 0; copies are only moved."""
    layer: Any = operation.layer
    if isinstance(layer, Dense) or (layer.kind in KERNELS and is_by_value(operation)):
        return not isinstance(layer, AlongAxis) or layer.axis == "C"
    if layer.kind not in KERNELS or not is_image(operation.shape):
        return False
    if isinstance(layer, Upsample):
        return layer.mode == "bilinear" and operation.shape[0] > FEW_CHANNELS
    if isinstance(layer, LRN):
        return bool(layer.alpha >= 0 and layer.k >= 0 and layer.beta)
    if isinstance(layer, Pool):
        windows = layer.windows(operation.arriving[0])
        return all(window.inside(i).length for window in windows for i in range(window.outputs))
    return True


def kernel_of(operation: Operation) -> str:
    """That by which an operation is carried out where there is no choice."""
    layer = operation.layer
    is_usual = is_sum_of_two(operation) if isinstance(layer, Add) else is_image(operation.shape)
    return KERNELS[layer.kind] if is_usual else OTHERWISE.get(layer.kind, KERNELS[layer.kind])


def is_by_value(operation: Operation) -> bool:
    """Whether a kernel of those `BY_VALUE` carries it out."""
    return kernel_of(operation) in BY_VALUE


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
    if isinstance(layer, Deconv):
        return replace(operation, kernel="phases", halo=around_phases(operation))
    if not isinstance(layer, Conv):
        return replace(operation, kernel=kernel_of(operation))
    C = operation.arriving[0][0]
    windows = layer.windows(operation.arriving[0])
    if is_depthwise(operation):
        return replace(operation, kernel="depthwise", halo=numpy.border(windows))
    if not exact and layer.G == 1 and is_for_tiles(windows):
        costs = {
            "direct": direct(C, layer.K, windows),
            "tiles": tiles_cost(C, layer.K, windows) + kept_bytes_cost(C, layer.K),
            "block_tiles": block_tiles_cost(C, layer.K, windows),
        }
        kernel = min(costs, key=costs.__getitem__)
        if kernel != "direct":
            return replace(operation, kernel=kernel, halo=numpy.whole_tiles(4, windows))
    return replace(operation, kernel="direct", halo=numpy.border(windows))


def around_phases(operation: Operation) -> Halo:
    """The border of what arrives at a transposed convolution, as far as its phases reach."""
    layer: Any = operation.layer
    axes, counts = phases(layer.windows(operation.arriving[0])), operation.arriving[0][1:]
    (top, bottom), (left, right) = (reached(axis, count) for axis, count in zip(axes, counts, strict=True))
    return Halo(top, bottom, left, right)


def is_for_tiles(windows: SlidingWindows) -> bool:
    """Whether F(4x4, 3x3) is possible."""
    return all((s.F, s.S, s.D) == (3, 1, 1) for s in windows)
