"""Softmax: scores become probabilities over C: exp(x) / sum(exp(x)), so that they are positive and add up to 1.

The largest score is taken off first, which changes nothing but keeps exp from overflowing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..graph.explanation import Explanation, at, cells, over, whole
from ..graph.layer import Example, Family, SavedForBackward
from ..graph.shape import Shape
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Softmax(Pointwise):
    """exp(x) / sum(exp(x)) over C."""

    zh: ClassVar[str] = "沿 C 计算 exp(x) / sum(exp(x))：把得分变成概率，加起来等于 1。"
    family: ClassVar[Family] = "output"
    output_kind: ClassVar[Literal["scores", "probabilities", "log-probabilities"]] = "probabilities"
    part_of_loss: ClassVar[str] = "cross_entropy"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("softmax", (10,), (10,)),
        Example("softmax", (3, 2, 2), (3, 2, 2)),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        scores = *whole(arriving[:1]), *cells(place[1:])
        parts = {"x": at(0, place), "largest": over("largest", 0, scores), "total": over("exp_sum", 0, scores)}
        return Explanation("exp(x - largest) / total", parts)

    def forward(self, x: Array) -> Array:
        import numpy as np

        e = np.exp(x - x.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        y = self.forward(x)

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dy *= y
            dy -= y * dy.sum(axis=1, keepdims=True)
            return (dy,), {}

        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(output=True)
