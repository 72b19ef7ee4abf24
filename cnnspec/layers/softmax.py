"""Softmax: scores become probabilities, exp(x) / sum(exp(x)), so that they are positive and add up to 1.

They add up over C at each place; with `axis: H` or `axis: W` along each column or row. The largest score is taken off
first, which changes nothing but keeps exp from overflowing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation
from ..graph.layer import Example, OutputKind
from ..graph.shape import Shape
from ._along_axis import AlongAxis

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Softmax(AlongAxis):
    """exp(x) / sum(exp(x)) along an axis, C by default."""

    zh: ClassVar[str] = "沿一个轴（默认是 C）计算 exp(x) / sum(exp(x))：把得分变成概率，加起来等于 1。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("softmax", (10,), (10,)),
        Example("softmax", (3, 2, 2), (3, 2, 2)),
        Example("softmax: {axis: H}", (3, 4, 2), (3, 4, 2)),
        Example("softmax: {axis: W}", (2, 3, 5), (2, 3, 5)),
        Example("softmax: {axis: W}", (10,), "E204"),
    )

    @property
    def reach(self) -> str:
        return "between 0 and 1"

    @property
    def output_kind(self) -> OutputKind:
        return "probabilities" if self.axis == "C" else "scores"

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("exp(x - largest) / total", self.scores(place, arriving))

    def forward(self, x: Array) -> Array:
        import numpy as np

        e = np.exp(x - x.max(axis=self.index, keepdims=True))
        return np.asarray(e / e.sum(axis=self.index, keepdims=True))

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        y, axis = self.forward(x), self.index

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dy *= y
            dy -= y * dy.sum(axis=axis, keepdims=True)
            return (dy,), {}

        return y, pull
