"""Addition of branches, value by value: the heart of residual networks (He et al. 2016).

All branches must have the same shape. Nothing is stretched to fit: where channels or sizes differ, a shortcut
needs a layer of its own, usually `conv: {F: 1, K: ..., S: ...}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation
from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._combining import Combining

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Add(Combining):
    """The sum of two or more branches of one shape."""

    zh: ClassVar[str] = "两个或更多形状相同的分支逐个相加。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("add: [[], [{conv: {F: 3, K: C, P: same}}]]", (2, 4, 4), (2, 4, 4)),
        Example("add: {main: [relu], shortcut: [], third: [tanh]}", (5,), (5,)),
        Example("add: [[], [{conv: {F: 1, K: 128}}]]", (64, 28, 28), "E205"),
        Example("add: [[], [globalavgpool]]", (2, 4, 4), "E205"),
    )

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = self.values(place, *arriving)
        return Explanation(" + ".join(parts), parts)

    def forward(self, first: Array, *others: Array) -> Array:
        for other in others:
            first = first + other
        return first

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        others = len(inputs) - 1

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            return (dy, *(dy.copy("K") for _ in range(others))), {}

        return self.forward(*inputs), pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
