"""Convolutions: which kernel carries one out, and its strips, finished one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..geometry import Sweep
from ..kernels.depthwise import Depthwise
from ..kernels.gathered import Gathered
from ..kernels.product import Product
from ..kernels.strips import Scratch
from ..kernels.winograd import STEP, Winograd, tiles
from .finish import finish
from .layout import NONE, Halo
from .lowering import Item, Lowering, Memory, Stage
from .program import Operation

Sweeps = tuple[Sweep, Sweep]

# What a core is assumed to do in a nanosecond, measured once on an AVX-512 machine. Only ratios matter: they decide
# between kernels that compute the same.
PRODUCT = 200.0
"""FLOPs of a large product."""
MOVED = 60.0
"""Bytes of scratch that are copied."""
FILTERS = 25.0
"""Bytes of filters that are read; they are needed once a run, so they come from far."""


def lower(operation: Operation) -> Lowering | None:
    """The convolution's kernel, by what it can do and what it is expected to cost."""
    layer: Any = operation.layer
    sweeps: Sweeps = layer.sweeps(operation.arriving[0])
    weight, bias = operation.arrays["weight"], operation.arrays.get("bias")
    C = operation.arriving[0][0]
    if layer.G == C == len(weight) and C > 1:
        return Convolution(operation, Depthwise(weight, sweeps, bias), border(sweeps))
    if layer.G > 1:
        return None
    if weight.shape[2:] == (1, 1) and not any((s.before or s.after) for s in sweeps):
        return Convolution(operation, Product(weight, (sweeps[0].S, sweeps[1].S), bias), NONE)
    if is_winograd(weight.shape, sweeps):
        return Convolution(operation, Winograd(weight, sweeps, bias), whole_tiles(sweeps))
    return Convolution(operation, Gathered(weight, sweeps, bias), border(sweeps))


def border(sweeps: Sweeps) -> Halo:
    """The padding, as far as windows reach into it."""
    bottom, right = (max(0, sweep.after - sweep.left_over) for sweep in sweeps)
    return Halo(sweeps[0].before, bottom, sweeps[1].before, right)


def whole_tiles(sweeps: Sweeps) -> Halo:
    """The padding and what makes the last Winograd tiles whole."""
    rows, columns = (s.after + STEP * tiles(s.outputs) - s.outputs for s in sweeps)
    return Halo(sweeps[0].before, rows, sweeps[1].before, columns)


def is_winograd(shape: tuple[int, ...], sweeps: Sweeps) -> bool:
    """Whether Winograd's F(4x4, 3x3) applies and is expected to win over gathered windows."""
    K, C = shape[:2]
    if shape[2:] != (3, 3) or any(s.S != 1 or s.D != 1 for s in sweeps) or min(C, K) < 16:
        return False
    rows, columns = (s.outputs for s in sweeps)
    T = tiles(rows) * tiles(columns)
    # A product with few rows runs below its speed.
    winograd = 2 * 36 * C * K * (T + 8) / PRODUCT + 2 * 36 * T * (36 * C + 16 * K) / PRODUCT
    winograd += 4 * 36 * C * K / FILTERS + 4 * T * (72 * C + 52 * K) / MOVED
    cells = rows * columns
    direct = 2 * 9 * C * K * (cells + 8) / PRODUCT + 4 * 9 * C * K / FILTERS + 4 * 9 * C * cells / MOVED
    return winograd < direct


class Convolution:
    """A convolution whose kernel makes strips that are finished while they are in the cache."""

    def __init__(self, operation: Operation, kernel: Any, halo: Halo) -> None:
        self.operation = operation
        self.kernel = kernel
        self.halo = halo

    def stages(self, memory: Memory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        x, out = memory.around(operation.inputs[0], self.halo), memory.inner(operation.name)
        n, H, W, _ = out.shape
        stage = [self.item(memory, x, strip, scratch.fresh()) for strip in self.kernel.strips(n, H, W)]
        stage[0] = [*memory.clear_border(operation.name), *stage[0]]
        yield stage

    def item(self, memory: Memory, x: Any, strip: Any, scratch: Scratch) -> Item:
        operation = self.operation
        made = self.kernel.bind(x, strip, scratch)
        calls = list(made.calls)
        out = strip.of(memory.inner(operation.name))
        plus = strip.of(memory.inner(operation.plus)) if operation.plus else None
        for piece, index in made.pieces:
            part = out[index].reshape(piece.shape)
            other = plus[index].reshape(piece.shape) if plus is not None else None
            calls += finish(piece, part, other, operation.activation, scratch)
        return calls
