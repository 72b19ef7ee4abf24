"""What the compiled kernels are expected to take: `python -m benchmarks.costs` sets it beside what they take.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

from ....graph.shape import Shape
from ....graph.window import SlidingWindows, tiles
from ....layers._filters import Filters
from ....layers._pool import Pool
from ....layers.deconv import Deconv
from ....layers.dense import Dense
from ....layers.resize import Resize
from ...backend import CostModel
from ...program import Operation
from .limits import LIMITS

COSTS = CostModel(flops=110.0, depthwise_macs=30.0, values=20.0, scratch_bytes=60.0, filter_bytes=15.0, worth=10_000.0)
"""Measured on an AVX-512 machine; the threads meet without the interpreter, so little is worth sharing."""
CELL = 3.0
"""Nanoseconds that a cell takes beside its products."""
TRANSFORM = 3.0
"""Nanoseconds of a tile's way there or back, for each channel."""
OWN, NEAR = 3 << 19, 12 << 20
"""Bytes of filters up to which they stay, from strip to strip, in a core's own cache, which is no wait, and in the one
that is shared."""
NEAR_BYTES = 100.0
"""Bytes of filters that are read from the latter in a nanosecond."""
BYTE = 0.01
"""Nanoseconds of a run that it is worth to keep a byte less: 10 microseconds for a MiB."""
TOGETHER = 32
"""Tiles for which filters are brought to their places at a time."""
BROUGHT = 2.0
"""Nanoseconds that this takes for a filter of one channel, its way from memory with it."""
ADDED = 0.05
"""Nanoseconds that such a filter takes more with each tile, as products are added up block by block."""
PANEL = 64
"""Channels that no threads share: then each takes half of the tiles, and brings all filters."""
POOLED = 7.0
"""Values that windows see in a nanosecond."""
PASSED = 5.0
"""Values that come and go in a nanosecond where each is for itself."""


SMOOTH = 2.5
"""Values of which a power, a root or a logarithm is taken in a nanosecond."""
CALLED = 8.0
"""Nanoseconds that a cell takes beside its values where each has a call of its own."""
NORMED = 4.0
"""Values that are read for their statistics and brought to them in a nanosecond."""


def nanoseconds(operation: Operation) -> float:
    """About how long a selected operation takes for one input, all parts together."""
    return sum(_alone(part) for part in operation.each)


def _alone(operation: Operation) -> float:
    if operation.kernel in OF_KERNELS:
        return OF_KERNELS[operation.kernel](operation)
    layer: Any = operation.layer
    arriving, values = operation.arriving[0], prod(operation.shape)
    if isinstance(layer, Dense):
        return 4 * prod(arriving) * values / COSTS.filter_bytes
    if isinstance(layer, Pool):
        return values * prod(window.F for window in layer.windows(arriving)) / POOLED
    if layer.family == "pooling":
        return max(prod(arriving), values) / POOLED
    if not isinstance(layer, Filters):
        return len(operation.inputs) * values / PASSED
    if is_depthwise(operation):
        return COSTS.operation(operation, is_depthwise=True)
    windows, depth = layer.windows(arriving), arriving[0] // layer.G
    if isinstance(layer, Deconv):
        return layer.G * phases_cost(depth, layer.K // layer.G, arriving, windows)
    if operation.kernel in OF_TILES:
        return OF_TILES[operation.kernel](depth, layer.K, windows)
    return layer.G * direct(depth, layer.K // layer.G, windows)


def is_depthwise(operation: Operation) -> bool:
    layer = operation.layer
    return isinstance(layer, Filters) and layer.G == operation.arriving[0][0] == layer.K and layer.G > 1


def direct(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of a convolution as plain sums; beside the products each cell costs something."""
    cells = windows[0].outputs * windows[1].outputs
    taps = windows[0].F * windows[1].F
    return COSTS.macs(cells * taps * C * _whole(K)) + cells * CELL + 4 * taps * C * K / COSTS.filter_bytes


def phases_cost(C: int, K: int, arriving: Shape, windows: SlidingWindows) -> float:
    """Nanoseconds of a transposed convolution, all its phases together: each tap meets each cell that arrives."""
    taps = windows[0].F * windows[1].F
    products = COSTS.macs(prod(arriving[1:]) * taps * C * _whole(K))
    return products + windows[0].size * windows[1].size * CELL + 4 * taps * C * K / COSTS.filter_bytes


def tiles_cost(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of the same by tiles: 36 products for 16 outputs, and the ways there and back. The filters are kept
    at their places, four times as large as they are."""
    size = 36 * 4 * C * K
    waits = 0.0 if size <= OWN else size / (NEAR_BYTES if size <= NEAR else COSTS.filter_bytes)
    return _at_places(C, K, windows) + waits


def block_tiles_cost(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of the same where filters are brought to their places in the run."""
    T = _tiles(windows)
    bands = max(-(-T // TOGETHER), 2 if K <= PANEL else 1)
    return _at_places(C, K, windows) + C * K * (bands * BROUGHT + T * ADDED)


def kept_bytes_cost(C: int, K: int) -> float:
    """Nanoseconds that it is worth not to keep filters at their places."""
    return (36 - 9) * 4 * C * K * BYTE


def _at_places(C: int, K: int, windows: SlidingWindows) -> float:
    T = _tiles(windows)
    products = 36 * COSTS.product(T, C, _whole(K))
    return products + T * (_whole(C) + _whole(K)) * TRANSFORM + 36 * T * CELL


def _tiles(windows: SlidingWindows) -> int:
    return tiles(windows[0].outputs, 4) * tiles(windows[1].outputs, 4)


def _whole(channels: int) -> int:
    return -(-channels // 16) * 16


def _function(operation: Operation) -> float:
    return prod(operation.shape) / (PASSED if operation.layer.kind in LIMITS else SMOOTH)


def _shares(operation: Operation) -> float:
    """A sum and a quotient for each cell, beside its powers."""
    return _cells(operation) * (3 * CALLED + _whole(operation.shape[0]) / SMOOTH)


def _run_norm(operation: Operation) -> float:
    """A root for each group; a group is a cell, or larger."""
    return _cells(operation) * 2 * CALLED + prod(operation.shape) / NORMED


def _map_norm(operation: Operation) -> float:
    return _cells(operation) * _whole(operation.shape[0]) / NORMED


def _response(operation: Operation) -> float:
    """A power for each vector, and a load for each neighbour."""
    layer: Any = operation.layer
    vectors = _cells(operation) * _whole(operation.shape[0]) // 16
    return vectors * (16 / SMOOTH + 3 * int(layer.size) + CALLED)


def _resampled(operation: Operation) -> float:
    """As many cells are mixed as in the middle."""
    layer: Any = operation.layer
    spans: Iterable[tuple[int, int]] = BESIDE
    if isinstance(layer, Resize):
        spans = [axis.span(axis.out // 2) for axis in layer.axes(operation.arriving[0])]
    taps = prod(last - first + 1 for first, last in spans)
    return _cells(operation) * (CALLED + _whole(operation.shape[0]) / 16 * (2 + taps / 2))


BESIDE = ((0, 1), (0, 1))
"""Along each axis, the first and the last cell that bilinear upsampling mixes."""


def _cells(operation: Operation) -> int:
    return prod(operation.shape[1:])


OF_KERNELS: dict[str, Callable[[Operation], float]] = {
    "apply": _function,
    "channel_response": _response,
    "map_norm": _map_norm,
    "resample": _resampled,
    "run_norm": _run_norm,
    "shares": _shares,
}
"""By the kernel's name, where that alone decides."""
OF_TILES = {"block_tiles": block_tiles_cost, "tiles": tiles_cost}
"""The same of Winograd's kernels."""
