"""Padding with zeros: rows and columns around the image, or cells along one axis.

Windows have their own padding, `P`. This is for zeros that stay, such as the channels that the shortcuts of a
CIFAR residual network lack: `pad: {axis: C, before: C/2, after: C/2}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, copied
from ..graph.layer import Example, Family, SavedForBackward
from ..graph.receptive_field import ReceptiveFields
from ..graph.shape import Shape
from ._edges import Edges, inside

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Pad(Edges):
    """Zeros around the image, or before and after along an axis."""

    zh: ClassVar[str] = "在图像四周补零，或沿一个轴在开头和结尾补零。"
    family: ClassVar[Family] = "moving"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("pad: {top: 1, left: 2}", (2, 3, 4), (2, 4, 6)),
        Example("pad: {axis: C, before: C/2, after: C/2}", (4, 3, 3), (8, 3, 3)),
        Example("pad: {axis: W, after: 3}", (2, 3, 4), (2, 3, 7)),
        Example("pad: {axis: C, after: 3}", (5,), (8,)),
        Example("pad: {bottom: 1}", (5,), "E204"),
        Example("pad: {top: 1, axis: C, after: 2}", (2, 3, 4), "E104"),
        Example("pad: {after: 2}", (2, 3, 4), "E104"),
    )

    def output(self, arriving: Shape) -> Shape:
        widths = self.widths(arriving)
        return tuple(size + before + after for size, (before, after) in zip(arriving, widths, strict=True))

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        return self.offset(arriving, -1)

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return copied(tuple(i - before for i, (before, _) in zip(place, self.widths(arriving), strict=True)))

    def forward(self, x: Array) -> Array:
        from ..kernels.channels_last import zeros

        arriving = x.shape[1:]
        y = zeros((len(x), *self.output(arriving)), x.dtype)
        inside(y, self.widths(arriving))[...] = x
        return y

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        widths = self.widths(x.shape[1:])
        return self.forward(x), lambda dy: ((inside(dy, widths),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
