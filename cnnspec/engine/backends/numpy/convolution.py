"""Convolutions: the strips of the chosen kernel, finished one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from ....kernels.inference.depthwise import Depthwise
from ....kernels.inference.grouped import Grouped
from ....kernels.inference.im2col import Gathered
from ....kernels.inference.pointwise import Product
from ....kernels.inference.transposed import Painted
from ....kernels.inference.winograd import Winograd
from ....kernels.strips import Scratch, Strip
from ...lowering import Lowering, Memory
from ...program import Operation
from ...schedule import Item, Stage, ends, made, read
from .epilogue import finish

KERNELS: dict[str, Callable[..., Any]] = {
    "depthwise": Depthwise,
    "gathered": Gathered,
    "product": Product,
    "winograd2": partial(Winograd, 2),
    "winograd4": partial(Winograd, 4),
}
IN_GROUPS: dict[str, Callable[..., Any]] = {"grouped": Grouped, "painted": Painted}
"""By the names that `choice` gives them: each made of weight, windows and bias, these of the groups' number as well."""


def lower(operation: Operation) -> Lowering:
    """The kernel that was chosen."""
    layer: Any = operation.layer
    arrays = operation.arrays
    given = arrays["weight"], layer.windows(operation.arriving[0]), arrays.get("bias")
    if operation.kernel in IN_GROUPS:
        kernel = IN_GROUPS[operation.kernel](*given, layer.G)
    else:
        kernel = KERNELS[operation.kernel](*given)
    # The kernel has the weights in an order of its own.
    return Convolution(replace(operation, arrays={}), kernel)


class Convolution:
    """A convolution whose kernel makes strips that are finished while they are in the cache."""

    def __init__(self, operation: Operation, kernel: Any) -> None:
        self.operation = operation
        self.kernel = kernel

    def stages(self, memory: Memory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        x, out = memory.around(operation.inputs[0], operation.halo), memory.inner(operation.name)
        n, H, W, K = out.shape
        strips = list(self.kernel.strips(n, H, W))
        items = [self.item(memory, x, strip, scratch.fresh()) for strip in strips]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        yield Stage(items, made(strips, H, K), self.reads(strips, H))

    def reads(self, strips: list[Strip], H: int) -> dict[str, list[int]]:
        """How many rows each strip needs, of the image and of what is added to it."""
        plus = {self.operation.plus: ends(strips, H)} if self.operation.plus else {}
        layer: Any = self.operation.layer
        if self.operation.kernel == "painted":
            return plus
        return plus | {self.operation.inputs[0]: read(strips, layer.windows(self.operation.arriving[0])[0])}

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
