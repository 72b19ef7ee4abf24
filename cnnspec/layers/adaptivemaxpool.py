"""Adaptive max pooling: the largest value of bins that are laid so that the output has a size of your choice.

The bins are those of `adaptiveavgpool`: along each axis bin i reaches from floor(i*H/out) up to ceil((i+1)*H/out), as
in PyTorch. The gradient goes to the first of the largest values.
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


class AdaptiveMaxPool(Adaptive):
    """The largest values of bins, to an output of `out` rows and columns."""

    zh: ClassVar[str] = "把图像分成 `out` 行 `out` 列的区块，取每个区块里最大的数。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("adaptivemaxpool: {out: 3}", (2, 6, 9), (2, 3, 3)),
        Example("adaptivemaxpool: {out: [2, 5]}", (2, 5, 7), (2, 2, 5)),
        Example("adaptivemaxpool: {out: 4}", (2, 3, 3), (2, 4, 4)),
        Example("adaptivemaxpool: {out: 7}", (12,), "E204"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("largest", {"largest": over("largest", 0, self.bin(place, arriving))})

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.pooling import largest_of_bins

        return largest_of_bins(x, self.out)

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.reference.pooling import largest_of_bins, largest_of_bins_adjoint

        return largest_of_bins(x, self.out), lambda dy: ((largest_of_bins_adjoint(x, dy),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
