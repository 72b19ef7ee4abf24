"""Which kernel carries a convolution out, and which border its input should have.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ....graph.window import SlidingWindows, tiles
from ....layers.conv import Conv
from ....layers.deconv import Deconv
from ...backend import CostModel
from ...halo import Halo
from ...program import Operation

COSTS = CostModel(flops=200.0, depthwise_macs=8.0, values=5.0, scratch_bytes=60.0, filter_bytes=15.0)
"""Measured on an AVX-512 machine."""


def select(operation: Operation, exact: bool) -> Operation:
    """An operation that has a choice with its kernel and border; `exact` leaves Winograd out."""
    layer: Any = operation.layer
    if isinstance(layer, Deconv):
        return replace(operation, kernel="transposed")
    if not isinstance(layer, Conv):
        return operation
    C, K = operation.arriving[0][0], layer.K
    windows = layer.windows(operation.arriving[0])
    if layer.G == C == K and C > 1:
        return replace(operation, kernel="depthwise", halo=border(windows))
    if layer.G > 1:
        return replace(operation, kernel="grouped", halo=border(windows))
    if layer.F == (1, 1) and not any((s.before or s.after) for s in windows):
        return replace(operation, kernel="pointwise")
    steps = {} if exact else winograd(C, K, windows)
    costs = {"im2col": im2col(C, K, windows)} | {f"winograd{step}": cost for step, cost in steps.items()}
    kernel = min(costs, key=lambda name: costs[name])
    return replace(operation, kernel=kernel, halo=HALOS[kernel](windows))


def border(windows: SlidingWindows) -> Halo:
    """The padding, as far as windows reach into it."""
    bottom, right = (max(0, window.after - window.left_over) for window in windows)
    return Halo(windows[0].before, bottom, windows[1].before, right)


def whole_tiles(step: int, windows: SlidingWindows) -> Halo:
    """The padding and what makes the last Winograd tiles whole."""
    rows, columns = (s.after + step * tiles(s.outputs, step) - s.outputs for s in windows)
    return Halo(windows[0].before, rows, windows[1].before, columns)


HALOS: dict[str, Callable[[SlidingWindows], Halo]] = {
    "im2col": border,
    "winograd2": partial(whole_tiles, 2),
    "winograd4": partial(whole_tiles, 4),
}


def im2col(C: int, K: int, windows: SlidingWindows) -> float:
    """Nanoseconds of a product over gathered windows."""
    taps, cells = C * windows[0].F * windows[1].F, windows[0].outputs * windows[1].outputs
    read, moved = 4 * taps * K / COSTS.filter_bytes, 4 * taps * cells / COSTS.scratch_bytes
    return COSTS.product(cells, taps, K) + read + moved


def winograd(C: int, K: int, windows: SlidingWindows) -> dict[int, float]:
    """Nanoseconds of Winograd's F(step x step, 3 x 3) for each step at which it is possible."""
    if any((s.F, s.S, s.D) != (3, 1, 1) for s in windows) or min(C, K) < 16:
        return {}
    return {step: _winograd(step, C, K, windows) for step in (2, 4)}


def _winograd(step: int, C: int, K: int, windows: SlidingWindows) -> float:
    places, outputs = (step + 2) ** 2, step**2
    T = tiles(windows[0].outputs, step) * tiles(windows[1].outputs, step)
    products = places * COSTS.product(T, C, K) + COSTS.macs(places * T * (places * C + outputs * K))
    moved = T * (2 * places * C + (places + outputs) * K)
    return products + 4 * places * C * K / COSTS.filter_bytes + 4 * moved / COSTS.scratch_bytes
