"""What the compiled kernels are expected to take: `python -m benchmarks.costs` sets it beside what they take.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from math import prod
from typing import Any

from ....graph.window import SlidingWindows, tiles
from ....layers._pool import Pool
from ....layers.conv import Conv
from ....layers.dense import Dense
from ...backend import CostModel
from ...program import Operation

COSTS = CostModel(flops=110.0, depthwise_macs=30.0, values=20.0, scratch_bytes=60.0, filter_bytes=15.0, worth=10_000.0)
"""Measured on an AVX-512 machine; the threads meet without the interpreter, so little is worth sharing."""
CELL = 3.0
"""Nanoseconds that a cell takes beside its products."""
TRANSFORM = 3.0
"""Nanoseconds of a tile's way there or back, for each channel."""
POOLED = 7.0
"""Values that windows see in a nanosecond."""
PASSED = 5.0
"""Values that come and go in a nanosecond where each is for itself."""


def nanoseconds(operation: Operation) -> float:
    """About how long a selected operation takes for one input, all parts together."""
    return sum(_alone(part) for part in operation.each)


def _alone(operation: Operation) -> float:
    layer: Any = operation.layer
    arriving, values = operation.arriving[0], prod(operation.shape)
    if isinstance(layer, Dense):
        return 4 * prod(arriving) * values / COSTS.filter_bytes
    if isinstance(layer, Pool):
        return values * prod(window.F for window in layer.windows(arriving)) / POOLED
    if layer.family == "pooling":
        return max(prod(arriving), values) / POOLED
    if not isinstance(layer, Conv):
        return len(operation.inputs) * values / PASSED
    if is_depthwise(operation):
        return COSTS.operation(operation, is_depthwise=True)
    windows, depth = layer.windows(arriving), arriving[0] // layer.G
    if operation.kernel == "tiles":
        return tiles_cost(depth, layer.K, windows)
    return layer.G * direct(depth, layer.K // layer.G, windows)


def is_depthwise(operation: Operation) -> bool:
    layer = operation.layer
    return isinstance(layer, Conv) and layer.G == operation.arriving[0][0] == layer.K and layer.G > 1


def direct(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of a convolution as plain sums; beside the products each cell costs something."""
    cells = windows[0].outputs * windows[1].outputs
    taps = windows[0].F * windows[1].F
    return COSTS.macs(cells * taps * C * _whole(K)) + cells * CELL + 4 * taps * C * K / COSTS.filter_bytes


def tiles_cost(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of the same by tiles: 36 products for 16 outputs, and the ways there and back."""
    T = tiles(windows[0].outputs, 4) * tiles(windows[1].outputs, 4)
    products = 36 * COSTS.macs(T * C * _whole(K))
    return products + T * (_whole(C) + _whole(K)) * TRANSFORM + 36 * (4 * C * K / COSTS.filter_bytes + T * CELL)


def _whole(channels: int) -> int:
    return -(-channels // 16) * 16
