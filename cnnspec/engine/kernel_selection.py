"""Which kernel carries a convolution out, and which border its input should have.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any

from ..graph.window import SlidingWindows, tiles
from ..layers.conv import Conv
from ..layers.deconv import Deconv
from .halo import Halo
from .program import Operation, Program

# What a core is assumed to do in a nanosecond, measured once on an AVX-512 machine. Only ratios matter: they decide
# between kernels that compute the same.
PRODUCT = 200.0
"""FLOPs of a large product."""
APART = 8.0
"""Multiply-accumulates of a depthwise convolution."""
PASSED = 5.0
"""Values that an operation without multiply-accumulates makes."""
MOVED = 60.0
"""Bytes of scratch that are copied."""
FILTERS = 15.0
"""Bytes of filters that are read; they are needed once a run, so they come from far."""


def choose(operations: Program, exact: bool = False) -> Program:
    """Give each operation that has a choice its kernel and border; `exact` leaves Winograd out."""
    return tuple(_chosen(operation, exact) for operation in operations)


def _chosen(operation: Operation, exact: bool) -> Operation:
    layer: Any = operation.layer
    if isinstance(layer, Deconv):
        return replace(operation, kernel="painted")
    if not isinstance(layer, Conv):
        return operation
    C, K = operation.arriving[0][0], layer.K
    windows = layer.windows(operation.arriving[0])
    if layer.G == C == K and C > 1:
        return replace(operation, kernel="depthwise", halo=border(windows))
    if layer.G > 1:
        return replace(operation, kernel="grouped", halo=border(windows))
    if layer.F == (1, 1) and not any((s.before or s.after) for s in windows):
        return replace(operation, kernel="product")
    steps = {} if exact else winograd(C, K, windows)
    costs = {"gathered": gathered(C, K, windows)} | {f"winograd{step}": cost for step, cost in steps.items()}
    kernel = min(costs, key=lambda name: costs[name])
    return replace(operation, kernel=kernel, halo=HALOS[kernel](windows))


def nanoseconds(operation: Operation) -> float:
    """About how long an operation takes for one input; how well its kernel suits it is left out."""
    macs = operation.layer.macs(*operation.arriving)
    multiplying = macs / APART if operation.kernel == "depthwise" else 2 * macs / PRODUCT
    return multiplying + prod(operation.shape) / PASSED


def border(windows: SlidingWindows) -> Halo:
    """The padding, as far as windows reach into it."""
    bottom, right = (max(0, window.after - window.left_over) for window in windows)
    return Halo(windows[0].before, bottom, windows[1].before, right)


def whole_tiles(step: int, windows: SlidingWindows) -> Halo:
    """The padding and what makes the last Winograd tiles whole."""
    rows, columns = (s.after + step * tiles(s.outputs, step) - s.outputs for s in windows)
    return Halo(windows[0].before, rows, windows[1].before, columns)


HALOS: dict[str, Callable[[SlidingWindows], Halo]] = {
    "gathered": border,
    "winograd2": partial(whole_tiles, 2),
    "winograd4": partial(whole_tiles, 4),
}


def gathered(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of a product over gathered windows."""
    taps, cells = C * windows[0].F * windows[1].F, windows[0].outputs * windows[1].outputs
    return _product(cells, taps, K) + 4 * taps * K / FILTERS + 4 * taps * cells / MOVED


def winograd(C: int, K: int, windows: SlidingWindows) -> dict[int, float]:
    """Nanoseconds of Winograd's F(step x step, 3 x 3) for each step at which it is possible."""
    if any((s.F, s.S, s.D) != (3, 1, 1) for s in windows) or min(C, K) < 16:
        return {}
    return {step: _winograd(step, C, K, windows) for step in (2, 4)}


def _winograd(step: int, C: int, K: int, windows: SlidingWindows) -> float:
    places, outputs = (step + 2) ** 2, step**2
    T = tiles(windows[0].outputs, step) * tiles(windows[1].outputs, step)
    products = places * _product(T, C, K) + 2 * places * T * (places * C + outputs * K) / PRODUCT
    moved = T * (2 * places * C + (places + outputs) * K)
    return products + 4 * places * C * K / FILTERS + 4 * moved / MOVED


def _product(rows: int, depth: int, columns: int) -> float:
    """Of few rows a product runs below its speed."""
    return 2 * depth * columns * (rows + 8) / PRODUCT
