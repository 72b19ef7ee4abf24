"""Which kernel carries a convolution out, and which border its input should have.

From shapes alone, so that memory can be planned before there are weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..geometry import Sweep
from ..kernels.tiling import STEP, tiles
from ..layers.conv import Conv
from ..layers.deconv import Deconv
from .halo import Halo
from .program import Operation, Program

Sweeps = tuple[Sweep, Sweep]

# What a core is assumed to do in a nanosecond, measured once on an AVX-512 machine. Only ratios matter: they decide
# between kernels that compute the same.
PRODUCT = 200.0
"""FLOPs of a large product."""
MOVED = 60.0
"""Bytes of scratch that are copied."""
FILTERS = 15.0
"""Bytes of filters that are read; they are needed once a run, so they come from far."""


def choose(operations: Program, exact: bool = False) -> Program:
    """Give each operation that has a choice its kernel and border; `exact` leaves Winograd out."""
    return tuple(_chosen(operation, exact) for operation in operations)


def _chosen(operation: Operation, exact: bool) -> Operation:
    layer: Any = operation.layer
    if isinstance(layer, Deconv) and layer.G == 1:
        return replace(operation, kernel="painted")
    if not isinstance(layer, Conv):
        return operation
    C, K = operation.arriving[0][0], layer.K
    sweeps = layer.sweeps(operation.arriving[0])
    if layer.G == C == K and C > 1:
        return replace(operation, kernel="depthwise", halo=border(sweeps))
    if layer.G > 1:
        return replace(operation, kernel="grouped", halo=border(sweeps))
    if layer.F == (1, 1) and not any((s.before or s.after) for s in sweeps):
        return replace(operation, kernel="product")
    if not exact and is_winograd(C, K, sweeps):
        return replace(operation, kernel="winograd", halo=whole_tiles(sweeps))
    return replace(operation, kernel="gathered", halo=border(sweeps))


def border(sweeps: Sweeps) -> Halo:
    """The padding, as far as windows reach into it."""
    bottom, right = (max(0, sweep.after - sweep.left_over) for sweep in sweeps)
    return Halo(sweeps[0].before, bottom, sweeps[1].before, right)


def whole_tiles(sweeps: Sweeps) -> Halo:
    """The padding and what makes the last Winograd tiles whole."""
    rows, columns = (s.after + STEP * tiles(s.outputs) - s.outputs for s in sweeps)
    return Halo(sweeps[0].before, rows, sweeps[1].before, columns)


def is_winograd(C: int, K: int, sweeps: Sweeps) -> bool:
    """Whether Winograd's F(4x4, 3x3) applies and is expected to win over gathered windows."""
    if any((s.F, s.S, s.D) != (3, 1, 1) for s in sweeps) or min(C, K) < 16:
        return False
    rows, columns = (s.outputs for s in sweeps)
    T = tiles(rows) * tiles(columns)
    # A product with few rows runs below its speed.
    winograd = 2 * 36 * C * K * (T + 8) / PRODUCT + 2 * 36 * T * (36 * C + 16 * K) / PRODUCT
    winograd += 4 * 36 * C * K / FILTERS + 4 * T * (72 * C + 52 * K) / MOVED
    cells = rows * columns
    direct = 2 * 9 * C * K * (cells + 8) / PRODUCT + 4 * 9 * C * K / FILTERS + 4 * 9 * C * cells / MOVED
    return winograd < direct
