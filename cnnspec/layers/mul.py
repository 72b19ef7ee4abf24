"""Multiplication of branches, value by value: gates and attention.

All branches have the same shape, or some are gates of C x 1 x 1, one weight for each whole channel, as in
squeeze and excite (Hu et al. 2018). Nothing else is stretched to fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, at
from ..graph.layer import Example, Join, LayerError, SavedForBackward
from ..graph.shape import Shape, is_image
from ._branches import projection, unequal

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Mul(Join):
    """The product of two or more branches of one shape, or of an image and C x 1 x 1 gates."""

    zh: ClassVar[str] = "两个或更多形状相同的分支逐个相乘；分支也可以是 C x 1 x 1 的门，每个通道乘以一个数。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("mul: [[], [sigmoid]]", (2, 3, 4), (2, 3, 4)),
        Example("mul: [[], [globalavgpool, sigmoid]]", (2, 3, 4), (2, 3, 4)),
        Example("mul: {gate: [globalavgpool, sigmoid], image: []}", (2, 3, 4), (2, 3, 4)),
        Example("mul: [[], [tanh]]", (5,), (5,)),
        Example("mul: [[], [{conv: {F: 1, K: 1}}]]", (2, 3, 4), "E205"),
        Example("mul: [[], [{maxpool: {F: [3, 1]}}]]", (2, 3, 4), "E205"),
    )

    def output(self, *arriving: Shape) -> Shape:
        gate = (arriving[0][0], 1, 1)
        shape = next((shape for shape in arriving if shape != gate), gate)
        for other in arriving:
            if other != shape and other != (shape[0], 1, 1):
                rule = "`mul` broadcasts nothing but a gate of C x 1 x 1"
                compared = [s for s in arriving if s != (shape[0], 1, 1)]
                raise LayerError(unequal(self.kind, arriving, compared, rule, self.cure(shape, other)))
        return shape

    def cure(self, shape: Shape, other: Shape) -> str:
        if not is_image(shape):
            return projection(shape, other)
        C = shape[0]
        return f"a gate of {C}x1x1: `globalavgpool`, then layers that end with {C} channels, no `flatten`"

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = {
            f"x{i}": at(i, place if shape[1:] == self.output(*arriving)[1:] else (place[0], 0, 0))
            for i, shape in enumerate(arriving)
        }
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
        dx = self.forward(dy, *inputs[:i], *inputs[i + 1 :])
        return dx if dx.shape == inputs[i].shape else dx.sum(axis=(2, 3), keepdims=True)

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
