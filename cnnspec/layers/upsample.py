"""Upsampling: each axis `factor` times as long.

`nearest` repeats each cell. `bilinear` mixes the two nearest cells of each axis, with half-pixel centres:
output cell i lies at (i + 1/2)/factor - 1/2 of the input. Beyond the centres of the outermost cells their
values hold. This is PyTorch's align_corners=False and what image programs do.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Explanation, Part, Read, copied
from ..graph.layer import Example, Family, Layer, Pair, SavedForBackward, image
from ..graph.receptive_field import ReceptiveFields, periodic
from ..graph.shape import Shape
from ..graph.window import AxisRange

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Upsample(Layer):
    """An image `factor` times as large, cells repeated or mixed."""

    zh: ClassVar[str] = "把图像每边放大 `factor` 倍，格子重复或混合。"
    family: ClassVar[Family] = "moving"
    factor: Pair = Field(description="how many times as large: `2`, or `[rows, columns]`")
    mode: Literal["nearest", "bilinear"] = Field("nearest", description="`nearest` or `bilinear`")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("upsample: {factor: 2}", (2, 3, 4), (2, 6, 8)),
        Example("upsample: {factor: [1, 3]}", (2, 3, 4), (2, 3, 12)),
        Example("upsample: {factor: 2, mode: bilinear}", (2, 3, 4), (2, 6, 8)),
        Example("upsample: {factor: [3, 1], mode: bilinear}", (2, 3, 4), (2, 9, 4)),
        Example("upsample: {factor: 2}", (5,), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        C, H, W = image(arriving)
        return (C, H * self.factor[0], W * self.factor[1])

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        rows, columns = (periodic(factor, 1, partial(self.mixed, factor=factor)) for factor in self.factor)
        return rows, columns

    def mixed(self, i: int, factor: int) -> tuple[int, int]:
        """First and last arriving cell in output cell i of an axis."""
        if self.mode == "nearest":
            return i // factor, i // factor
        below, beside = divmod(2 * i + 1 - factor, 2 * factor)
        return below, below + (beside > 0)

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        if self.mode == "nearest":
            return copied((place[0], *(i // factor for i, factor in zip(place[1:], self.factor, strict=True))))
        mixed = [self.shares(*of) for of in zip(place[1:], arriving[1:], self.factor, strict=True)]
        read = Read(0, (AxisRange(place[0]), *(AxisRange(first, 1, len(shares)) for first, shares in mixed)))
        return Explanation("sum", {"sum": Part("dot", read, shares=((1.0,), *(shares for _, shares in mixed)))})

    def shares(self, i: int, size: int, factor: int) -> tuple[int, tuple[float, ...]]:
        """The first arriving cell of an axis of `size` in output cell i, and how much of it and the next is in it."""
        first, last = (min(max(cell, 0), size - 1) for cell in self.mixed(i, factor))
        if first == last:
            return first, (1.0,)
        beside = (2 * i + 1 - factor) % (2 * factor) / (2 * factor)
        return first, (1 - beside, beside)

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.upsampling import bilinear, nearest

        enlarge = nearest if self.mode == "nearest" else bilinear
        rows, columns = self.factor
        # Along axes 1 and 2 of (N, H, W, C), so that neighbours in memory stay together.
        return enlarge(enlarge(x.transpose(0, 2, 3, 1), 1, rows), 2, columns).transpose(0, 3, 1, 2)

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.reference.upsampling import bilinear_adjoint, nearest_adjoint

        reduce = nearest_adjoint if self.mode == "nearest" else bilinear_adjoint
        rows, columns = self.factor

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            return (reduce(reduce(dy.transpose(0, 2, 3, 1), 2, columns), 1, rows).transpose(0, 3, 1, 2),), {}

        return self.forward(x), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
