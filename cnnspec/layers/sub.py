"""Subtraction of branches, value by value: the first, less each of the others.

All branches must have the same shape.
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


class Sub(Combining):
    """The first of two or more branches of one shape, less the others."""

    zh: ClassVar[str] = "第一个分支逐个减去其余形状相同的分支。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("sub: [[], [{avgpool: {F: 3, S: 1, P: same}}]]", (2, 4, 4), (2, 4, 4)),
        Example("sub: {from: [relu], first: [], second: [tanh]}", (5,), (5,)),
        Example("sub: [[], [globalavgpool]]", (2, 4, 4), "E205"),
    )

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = self.values(place, *arriving)
        return Explanation(" - ".join(parts), parts)

    def forward(self, first: Array, *others: Array) -> Array:
        for other in others:
            first = first - other
        return first

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        others = len(inputs) - 1

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            return (dy, *(-dy for _ in range(others))), {}

        return self.forward(*inputs), pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
