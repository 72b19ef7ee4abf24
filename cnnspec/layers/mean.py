"""The mean of branches, value by value, as where several heads vote.

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


class Mean(Combining):
    """The mean of two or more branches of one shape."""

    zh: ClassVar[str] = "两个或更多形状相同的分支逐个求平均值。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("mean: [[], [{conv: {F: 3, K: C, P: same}}]]", (2, 4, 4), (2, 4, 4)),
        Example("mean: {a: [relu], b: [], c: [tanh]}", (5,), (5,)),
        Example("mean: [[], [globalavgpool]]", (2, 4, 4), "E205"),
    )

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = self.values(place, *arriving)
        return Explanation(f"({' + '.join(parts)}) / {len(parts)}", parts)

    def forward(self, first: Array, *others: Array) -> Array:
        for other in others:
            first = first + other
        return first / (1 + len(others))

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        count = len(inputs)

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            dy /= count
            return (dy, *(dy.copy("K") for _ in range(count - 1))), {}

        return self.forward(*inputs), pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
