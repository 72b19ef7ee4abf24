"""Pixel shuffle: groups of factor^2 channels become blocks of factor x factor cells.

    output  C/factor^2 x H*factor x W*factor

Channel c*factor^2 + i*factor + j becomes row i, column j of the blocks in output channel c.

Shi et al.: "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
Neural Network", 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..diagnostics import Issue
from ..graph.layer import Count, Example, LayerError, image
from ..graph.receptive_field import ReceptiveFields, periodic
from ..graph.shape import Shape
from ._moving import Moving

if TYPE_CHECKING:
    from ..graph.array import Array


class PixelShuffle(Moving):
    """Channels laid out as cells: an image `factor` times as large, with factor^2 times fewer channels."""

    zh: ClassVar[str] = "把通道摆成格子：图像每边变成 `factor` 倍，通道变成原来的 1/factor^2。"
    factor: Count = Field(description="how many times as many rows and columns")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("pixelshuffle: {factor: 2}", (8, 3, 4), (2, 6, 8)),
        Example("pixelshuffle: {factor: 1}", (2, 3, 4), (2, 3, 4)),
        Example("pixelshuffle: {factor: 3}", (9, 2, 2), (1, 6, 6)),
        Example("pixelshuffle: {factor: 2}", (6, 3, 4), "E207"),
        Example("pixelshuffle: {factor: 2}", (8,), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        C, H, W = image(arriving)
        r = self.factor
        if C % r**2:
            raise LayerError(
                Issue(
                    "E207",
                    "{layer}: factor^2 does not divide C",
                    field="factor",
                    label=f"C/factor^2 = {C}/{r**2}",
                    why=f"each {r}x{r} block of cells takes its values from {r**2} channels",
                    help=f"a depth of {-(-C // r**2) * r**2} before it",
                    shows_input=True,
                )
            )
        return (C // r**2, H * r, W * r)

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        block = periodic(self.factor, 1, lambda i: (0, 0))
        return block, block

    def source(self, place: Shape, arriving: Shape) -> Shape:
        c, row, column = place
        r = self.factor
        return (c * r**2 + row % r * r + column % r, row // r, column // r)

    def seen(self, x: Array) -> Array:
        N, C, H, W = x.shape
        r = self.factor
        return x.reshape(N, C // r**2, r, r, H, W).transpose(0, 1, 4, 2, 5, 3)
