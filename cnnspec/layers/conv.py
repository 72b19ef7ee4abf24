"""Convolution: K filters slide over the image, each as deep as the image.

At each place a filter's values are multiplied with the image below them and everything is summed over all
channels, so one filter gives one map and the output is K deep. Like every framework this is
cross-correlation: filters are not flipped.

    output  K x ((H - F + 2P)/S + 1) x ((W - F + 2P)/S + 1), F dilated to D(F - 1) + 1
    weight  K x C/G x FH x FW, bias K
    MACs    F*F*C/G for each of the output's values

`G` groups split channels and filters into G independent convolutions; G = C is a depthwise convolution.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Explanation, Read, biased, dot, whole
from ..graph.layer import Example, TensorSpec
from ..graph.shape import Shape
from ..graph.window import AxisRange
from ._affine import Absorbs
from ._filters import Filters

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..kernels.training.convolution import ConvolutionKernels, ConvolutionPullback


class Conv(Absorbs, Filters):
    """K filters, each over all channels of the image (or of its group)."""

    zh: ClassVar[str] = "卷积：K 个过滤器在图像上滑动，每个都看所有的通道（或它那一组的通道）。"
    rounding: Literal["floor", "exact"] | None = Field(None, description="when S does not divide: `floor` or `exact`")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("conv: {F: 3, K: 2}", (3, 4, 4), (2, 2, 2)),
        Example("conv: {F: 5, K: 4, P: same, bias: false}", (2, 9, 7), (4, 9, 7)),
        Example("conv: {F: [3, 1], S: [2, 1], K: 4, P: (F-1)/2, G: 2}", (4, 7, 5), (4, 4, 5)),
        Example("conv: {F: 3, K: C, G: C, D: 2, P: same}", (3, 8, 8), (3, 8, 8)),
        Example("conv: {F: 3, S: 2, K: 4, P: same-upper}", (3, 8, 7), (4, 4, 4)),
        Example("conv: {F: 2, K: 3, P: {top: 1, left: 2}}", (2, 4, 4), (3, 4, 5)),
        Example("conv: {F: 3, K: 2, S: 2, rounding: floor}", (1, 8, 8), (2, 3, 3)),
        Example("conv: {F: 4, K: 2, P: same}", (1, 8, 8), "E202"),
        Example("conv: {F: 9, K: 2}", (1, 8, 8), "E203"),
        Example("conv: {F: 3, K: 4, G: 2}", (3, 8, 8), "E201"),
    )

    @property
    def rounds(self) -> str | None:
        return self.rounding

    def output(self, arriving: Shape) -> Shape:
        self.divide(arriving)
        return (self.K, *self.slide(arriving))

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        depth, window = arriving[0] // self.G, prod(self.F)
        weight = TensorSpec((self.K, depth, *self.F), fan=(depth * window, self.K // self.G * window))
        return {"weight": weight} | ({"bias": TensorSpec((self.K,))} if self.bias else {})

    def macs(self, arriving: Shape) -> int:
        return prod(self.output(arriving)) * prod(self.F) * (arriving[0] // self.G)

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        depth = arriving[0] // self.G
        group = place[0] // (self.K // self.G)
        window = (s.read_at(i) for s, i in zip(self.windows(arriving), place[1:], strict=True))
        read = Read(0, (AxisRange(group * depth, 1, depth), *window))
        return biased(dot(read, Read("weight", (AxisRange(place[0]), *whole((depth, *self.F))))), self.bias, place)

    def forward(self, x: Array, *, weight: Array, bias: Array | None = None) -> Array:
        from ..kernels.reference.convolution import convolve

        y = convolve(x, weight, self.windows(x.shape[1:]), self.G)
        return y if bias is None else y + bias[:, None, None]

    def differentiable(
        self, kernels: ConvolutionKernels, x: Array, weight: Array, needs_input_grad: bool
    ) -> tuple[Array, ConvolutionPullback]:
        return kernels.convolution(x, weight, self.windows((x.shape[3], *x.shape[1:3])), self.G, needs_input_grad)
