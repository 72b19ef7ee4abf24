"""Sum pooling: the sum of each window; padding adds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, over
from ..graph.layer import Example
from ..graph.shape import Shape
from ._pool import Pool

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..kernels.training.pooling import PoolPullback


class SumPool(Pool):
    """The sum of each window, channel by channel."""

    zh: ClassVar[str] = "求和池化：逐个通道求每个窗口里所有数的和。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("sumpool: {F: 2}", (6, 14, 14), (6, 7, 7)),
        Example("sumpool: {F: 3, S: 2, P: same-upper}", (2, 5, 6), (2, 3, 3)),
        Example("sumpool: {F: 3, S: 2, P: 1, rounding: ceil}", (2, 6, 7), (2, 4, 4)),
        Example("sumpool: {F: 2, S: 1, D: [3, 1], P: same-upper}", (2, 5, 6), (2, 5, 6)),
        Example("sumpool: {F: 8}", (16, 5, 5), "E203"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("sum", {"sum": over("sum", 0, self.inside(place, arriving))})

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.sliding_windows import sliding_windows

        y: Array = sliding_windows(x, self.windows(x.shape[1:])).sum(axis=(-2, -1))
        return y

    def differentiable(self, x: Array) -> tuple[Array, PoolPullback]:
        from ..kernels.training.pooling import totals

        return totals(x, self.windows((x.shape[3], *x.shape[1:3])))
