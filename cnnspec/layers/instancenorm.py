"""Instance normalisation: each map of each image at mean 0 and variance 1.

    y = (x - mean) / sqrt(var + eps) * weight + bias

The mean and variance are those of the map's H*W values. It is `groupnorm: {G: C}`, in ONNX
InstanceNormalization. PyTorch's InstanceNorm2d is `instancenorm: {affine: false}` unless it says affine=True.

    weight, bias    C each

Ulyanov, Vedaldi, Lempitsky: "Instance Normalization", 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import whole
from ..graph.layer import Example, image
from ..graph.shape import Shape
from ..graph.window import AxisRange
from ._norm import Norm

if TYPE_CHECKING:
    from ..graph.array import Array


class InstanceNorm(Norm):
    """Each map by its own mean and variance, then times weight plus bias."""

    zh: ClassVar[str] = "每张特征图减去自己的均值，除以自己的标准差，然后乘以权重，加上偏置。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("instancenorm", (3, 4, 5), (3, 4, 5)),
        Example("instancenorm: {eps: 1e-3}", (2, 3, 3), (2, 3, 3)),
        Example("instancenorm: {affine: false}", (3, 4, 5), (3, 4, 5)),
        Example("instancenorm", (8,), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        return image(arriving)

    def together(self, place: Shape, arriving: Shape) -> tuple[AxisRange, ...]:
        return (AxisRange(place[0]), *whole(arriving[1:]))

    def parts(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        return x, (2, 3)

    def divisors(self, arriving: Shape) -> int:
        return arriving[0]
