"""Log-softmax: the logarithm of softmax over C: x - log(sum(exp(x))).

The largest score is taken off first, which changes nothing but keeps exp from overflowing; nor is a logarithm
taken of a probability that has become 0.
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


class LogSoftmax(Pointwise):
    """x - log(sum(exp(x))) over C."""

    zh: ClassVar[str] = "softmax 的对数：沿 C 计算 x - log(sum(exp(x)))。"
    family: ClassVar[Family] = "output"
    output_kind: ClassVar[Literal["scores", "probabilities", "log-probabilities"]] = "log-probabilities"
    part_of_loss: ClassVar[str] = "cross_entropy"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("logsoftmax", (10,), (10,)),
        Example("logsoftmax", (3, 2, 2), (3, 2, 2)),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        scores = *whole(arriving[:1]), *cells(place[1:])
        parts = {"x": at(0, place), "largest": over("largest", 0, scores), "total": over("exp_sum", 0, scores)}
        return Explanation("x - largest - log(total)", parts)

    def forward(self, x: Array) -> Array:
        import numpy as np

        x = x - x.max(axis=1, keepdims=True)
        return np.asarray(x - np.log(np.exp(x).sum(axis=1, keepdims=True)))

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        import numpy as np

        y = self.forward(x)

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dy -= np.exp(y) * dy.sum(axis=1, keepdims=True)
            return (dy,), {}

        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(output=True)
