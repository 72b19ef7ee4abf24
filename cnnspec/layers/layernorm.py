"""Layer normalisation: the values of one image at mean 0 and variance 1.

    y = (x - mean) / sqrt(var + eps) * weight + bias

`over: C`, the default, takes the mean and variance of the C values at each place by itself, as ConvNeXt does;
`over: all` of the whole C x H x W. A vector's values are normalised together either way.

    weight, bias    C each; C x H x W each with `over: all`

Ba, Kiros, Hinton: "Layer Normalization", 2016; Liu et al.: "A ConvNet for the 2020s", 2022.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import cells, whole
from ..graph.layer import Example
from ..graph.shape import Shape
from ..graph.window import AxisRange
from ._norm import Norm

if TYPE_CHECKING:
    from ..graph.array import Array


class LayerNorm(Norm):
    """The values at each place (or all) by their own mean and variance, then times weight plus bias."""

    zh: ClassVar[str] = "每个位置上的数（或全部的数）减去自己的均值，除以自己的标准差，然后乘以权重，加上偏置。"
    over: Literal["C", "all"] = Field("C", description="`C`: at each place by itself, or `all`: the whole image")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("layernorm", (3, 4, 5), (3, 4, 5)),
        Example("layernorm: {over: all, eps: 1e-6}", (2, 3, 4), (2, 3, 4)),
        Example("layernorm", (8,), (8,)),
        Example("layernorm: {affine: false}", (8,), (8,)),
        Example("layernorm: {over: H}", (2, 3, 4), "E104"),
    )

    def weighed(self, arriving: Shape) -> Shape:
        return arriving[:1] if self.over == "C" else arriving

    def together(self, place: Shape, arriving: Shape) -> tuple[AxisRange, ...]:
        return whole(arriving) if self.over == "all" else (*whole(arriving[:1]), *cells(place[1:]))

    def parts(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        return x, (1,) if self.over == "C" else tuple(range(1, x.ndim))

    def divisors(self, arriving: Shape) -> int:
        return prod(arriving[1:]) if self.over == "C" else 1
