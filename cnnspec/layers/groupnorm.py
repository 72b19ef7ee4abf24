"""Group normalisation: the channels in G groups, each group of one image at mean 0 and variance 1.

    y = (x - mean) / sqrt(var + eps) * weight + bias

The mean and variance are those of a group's C/G maps, so they do not depend on the batch.

    weight, bias    C each

Wu and He: "Group Normalization", 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import whole
from ..graph.layer import Count, Example
from ..graph.shape import Shape
from ..graph.window import AxisRange
from ._groups import divide
from ._norm import Norm

if TYPE_CHECKING:
    from ..graph.array import Array


class GroupNorm(Norm):
    """Each group of channels by its own mean and variance, then times weight plus bias."""

    zh: ClassVar[str] = "每组通道减去自己的均值，除以自己的标准差，然后乘以权重，加上偏置。"
    G: Count = Field(description="groups; must divide C")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("groupnorm: {G: 2}", (4, 3, 5), (4, 3, 5)),
        Example("groupnorm: {G: 1, eps: 1e-3}", (3, 2, 2), (3, 2, 2)),
        Example("groupnorm: {G: 2}", (8,), (8,)),
        Example("groupnorm: {G: 2, affine: false}", (4, 2, 3), (4, 2, 3)),
        Example("groupnorm: {G: 2}", (3, 4, 4), "E201"),
    )

    def output(self, arriving: Shape) -> Shape:
        divide("C", arriving[0], self.G, "each group normalises C/G channels together", "a G that divides C")
        return arriving

    def together(self, place: Shape, arriving: Shape) -> tuple[AxisRange, ...]:
        maps = arriving[0] // self.G
        return (AxisRange(place[0] // maps * maps, 1, maps), *whole(arriving[1:]))

    def parts(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        grouped = x.reshape(len(x), self.G, -1, *x.shape[2:])
        return grouped, tuple(range(2, grouped.ndim))

    def divisors(self, arriving: Shape) -> int:
        return self.G
