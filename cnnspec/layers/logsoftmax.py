"""Log-softmax: the logarithm of softmax over C, or along another axis: x - log(sum(exp(x))).

The largest score is taken off first, which changes nothing but keeps exp from overflowing; nor is a logarithm
taken of a probability that has become 0.
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


class LogSoftmax(AlongAxis):
    """x - log(sum(exp(x))) along an axis, C by default."""

    zh: ClassVar[str] = "softmax 的对数：沿一个轴（默认是 C）计算 x - log(sum(exp(x)))。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("logsoftmax", (10,), (10,)),
        Example("logsoftmax", (3, 2, 2), (3, 2, 2)),
        Example("logsoftmax: {axis: W}", (3, 2, 4), (3, 2, 4)),
        Example("logsoftmax: {axis: H}", (10,), "E204"),
    )

    @property
    def output_kind(self) -> OutputKind:
        return "log-probabilities" if self.axis == "C" else "scores"

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("x - largest - log(total)", self.scores(place, arriving))

    def forward(self, x: Array) -> Array:
        import numpy as np

        x = x - x.max(axis=self.index, keepdims=True)
        return np.asarray(x - np.log(np.exp(x).sum(axis=self.index, keepdims=True)))

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        import numpy as np

        y, axis = self.forward(x), self.index

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dy -= np.exp(y) * dy.sum(axis=axis, keepdims=True)
            return (dy,), {}

        return y, pull
