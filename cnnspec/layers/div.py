"""Division of branches, value by value: the first, over each of the others.

All branches have the same shape, or some are gates, C x 1 x 1 or 1 x H x W, as in `mul`: an image over one value for
each channel, say. A division by 0 gives infinity, or no number, as in NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation
from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._combining import Gating, folded

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Div(Gating):
    """The first of two or more branches over the others, of one shape or an image and gates."""

    zh: ClassVar[str] = "第一个分支逐个除以其余的分支；分支形状相同，或者是图像和门。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("div: [[], [exp]]", (2, 3, 4), (2, 3, 4)),
        Example("div: [[], [globalmaxpool, exp]]", (2, 3, 4), (2, 3, 4)),
        Example("div: [[{conv: {F: 1, K: 1}}], [exp]]", (2, 3, 4), (2, 3, 4)),
        Example("div: {over: [], first: [exp], second: [exp]}", (5,), (5,)),
        Example("div: [[], [{conv: {F: 1, K: 3}}]]", (2, 3, 4), "E205"),
    )

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = self.values(place, *arriving)
        return Explanation(" / ".join(parts), parts)

    def forward(self, first: Array, *others: Array) -> Array:
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            for other in others:
                first = first / other
        return first

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        y = self.forward(*inputs)

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            first, *others = inputs
            below = [folded(-self.forward(dy * y, other), other) for other in others]
            return (folded(self.forward(dy, *others), first), *below), {}

        return y, pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True, output=True)
