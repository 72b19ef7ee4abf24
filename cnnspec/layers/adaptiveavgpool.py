"""Adaptive average pooling: the mean over bins that are laid so that the output has a size of your choice.

Along each axis bin i reaches from floor(i*H/out) up to ceil((i+1)*H/out), as in PyTorch: bins may share a
cell where `out` does not divide H, and repeat cells where it is larger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, over
from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._adaptive import Adaptive

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class AdaptiveAvgPool(Adaptive):
    """Means over bins, to an output of `out` rows and columns."""

    zh: ClassVar[str] = "把图像分成 `out` 行 `out` 列的区块，求每个区块的平均值。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("adaptiveavgpool: {out: 3}", (2, 6, 9), (2, 3, 3)),
        Example("adaptiveavgpool: {out: [2, 5]}", (2, 5, 7), (2, 2, 5)),
        Example("adaptiveavgpool: {out: 4}", (2, 3, 3), (2, 4, 4)),
        Example("adaptiveavgpool: {out: 1}", (2, 3, 3), (2, 1, 1)),
        Example("adaptiveavgpool: {out: 7}", (12,), "E204"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("mean", {"mean": over("mean", 0, self.bin(place, arriving))})

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.pooling import average_bins

        for axis, out in zip((2, 3), self.out, strict=True):
            x = average_bins(x, axis, out)
        return x

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import cells, image
        from ..kernels.training.pooling import averages

        y, back = averages(cells(x), self.out)
        return image(y), lambda dy: ((image(back(cells(dy))),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
