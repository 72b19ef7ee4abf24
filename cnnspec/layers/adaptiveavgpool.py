"""Adaptive average pooling: the mean over bins that are laid so that the output has a size of your choice.

Along each axis bin i reaches from floor(i*H/out) up to ceil((i+1)*H/out), as in PyTorch: bins may share a
cell where `out` does not divide H, and repeat cells where it is larger.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..geometry import widest_bin
from ..layer import Example, Layer, Pair, Reach, Shape, image

if TYPE_CHECKING:
    from ..layer import Array


class AdaptiveAvgPool(Layer):
    """Means over bins, to an output of `out` rows and columns."""

    out: Pair = Field(description="output size: `7`, or `[rows, columns]`")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("adaptiveavgpool: {out: 3}", (2, 6, 9), (2, 3, 3)),
        Example("adaptiveavgpool: {out: [2, 5]}", (2, 5, 7), (2, 2, 5)),
        Example("adaptiveavgpool: {out: 4}", (2, 3, 3), (2, 4, 4)),
        Example("adaptiveavgpool: {out: 1}", (2, 3, 3), (2, 1, 1)),
        Example("adaptiveavgpool: {out: 7}", (12,), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        C, _, _ = image(arriving)
        return (C, *self.out)

    def reach(self, arriving: Shape) -> Reach | None:
        if self.out == (1, 1):
            return None
        _, H, W = arriving
        rows, columns = self.out
        return Reach((widest_bin(H, rows), widest_bin(W, columns)), (Fraction(H, rows), Fraction(W, columns)))

    def forward(self, x: Array) -> Array:
        from ..kernels.pooling import average_bins

        for axis, out in zip((2, 3), self.out, strict=True):
            x = average_bins(x, axis, out)
        return x
