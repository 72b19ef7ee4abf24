"""Multiplication of branches, value by value: gates and attention.

All branches have the same shape, or some are gates: C x 1 x 1, one weight for each whole channel, as in squeeze
and excite (Hu et al. 2018), or 1 x H x W, one weight for each place in all channels, as in spatial attention (Woo et
al. 2018). Nothing else is stretched to fit.
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


class Mul(Gating):
    """The product of two or more branches of one shape, or of an image and gates of C x 1 x 1 or 1 x H x W."""

    zh: ClassVar[str] = (
        "两个或更多形状相同的分支逐个相乘；分支也可以是 C x 1 x 1 或 1 x H x W 的门，让每个通道或每个位置乘以一个数。"
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("mul: [[], [sigmoid]]", (2, 3, 4), (2, 3, 4)),
        Example("mul: [[], [globalavgpool, sigmoid]]", (2, 3, 4), (2, 3, 4)),
        Example("mul: {gate: [globalavgpool, sigmoid], image: []}", (2, 3, 4), (2, 3, 4)),
        Example("mul: [[], [tanh]]", (5,), (5,)),
        Example("mul: [[], [{conv: {F: 1, K: 1}}, sigmoid]]", (2, 3, 4), (2, 3, 4)),
        Example("mul: [[], [{conv: {F: 1, K: 3}}]]", (2, 3, 4), "E205"),
        Example("mul: [[], [{maxpool: {F: [3, 1]}}]]", (2, 3, 4), "E205"),
    )

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = self.values(place, *arriving)
        return Explanation(" * ".join(parts), parts)

    def forward(self, first: Array, *others: Array) -> Array:
        for other in others:
            first = first * other
        return first

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            return tuple(self.back(dy, i, inputs) for i in range(len(inputs))), {}

        return self.forward(*inputs), pull

    def back(self, dy: Array, i: int, inputs: tuple[Array, ...]) -> Array:
        """The gradient by input i: times all others, and a gate's summed over the cells that it weighs."""
        return folded(self.forward(dy, *inputs[:i], *inputs[i + 1 :]), inputs[i])

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
