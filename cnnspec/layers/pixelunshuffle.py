"""Pixel unshuffle: blocks of factor x factor cells become groups of factor^2 channels, as `pixelshuffle` turned round.

    output  C*factor^2 x H/factor x W/factor

Row i, column j of the blocks in channel c becomes channel c*factor^2 + i*factor + j. Detectors begin with it, so that
no cell of the image is lost to a stride.
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


class PixelUnshuffle(Moving):
    """Cells laid out as channels: an image `factor` times as small, with factor^2 times as many channels."""

    zh: ClassVar[str] = "把格子摆成通道：图像每边缩小 `factor` 倍，通道变成原来的 factor^2 倍。"
    factor: Count = Field(description="how many times fewer rows and columns")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("pixelunshuffle: {factor: 2}", (2, 6, 8), (8, 3, 4)),
        Example("pixelunshuffle: {factor: 1}", (2, 3, 4), (2, 3, 4)),
        Example("pixelunshuffle: {factor: 3}", (1, 6, 3), (9, 2, 1)),
        Example("pixelunshuffle: {factor: 2}", (2, 6, 5), "E207"),
        Example("pixelunshuffle: {factor: 2}", (8,), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        C, H, W = image(arriving)
        r = self.factor
        if H % r or W % r:
            axis, size = ("H", H) if H % r else ("W", W)
            raise LayerError(
                Issue(
                    "E207",
                    f"{{layer}}: factor does not divide {axis}",
                    field="factor",
                    label=f"{axis}/factor = {size}/{r}",
                    why=f"blocks of {r}x{r} cells cover the image without rest",
                    help=f"`pad` or `crop` to {-(-H // r) * r}x{-(-W // r) * r} before it",
                    shows_input=True,
                )
            )
        return (C * r**2, H // r, W // r)

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        block = periodic(1, self.factor, lambda i: (0, self.factor - 1))
        return block, block

    def source(self, place: Shape, arriving: Shape) -> Shape:
        channel, row, column = place
        r = self.factor
        c, cell = divmod(channel, r**2)
        return (c, row * r + cell // r, column * r + cell % r)

    def seen(self, x: Array) -> Array:
        N, C, H, W = x.shape
        r = self.factor
        return x.reshape(N, C, H // r, r, W // r, r).transpose(0, 1, 3, 5, 2, 4)
