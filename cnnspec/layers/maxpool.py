"""Max pooling: the largest value of each window. Padding never wins: it counts as minus infinity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, over
from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._pool import Pool

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..kernels.training.pooling import PoolPullback


class MaxPool(Pool):
    """The largest value in each window, channel by channel."""

    zh: ClassVar[str] = "最大池化：逐个通道取每个窗口里最大的数。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("maxpool: {F: 2}", (6, 28, 28), (6, 14, 14)),
        Example("maxpool: {F: 3, S: 2, P: 1, rounding: floor}", (2, 8, 8), (2, 4, 4)),
        Example("maxpool: {F: 3, S: 2, rounding: ceil}", (2, 6, 7), (2, 3, 3)),
        Example("maxpool: {F: [2, 3], S: 2, P: same-upper}", (2, 5, 5), (2, 3, 3)),
        Example("maxpool: {F: 2, S: 1, D: [2, 3], P: 1}", (2, 5, 6), (2, 5, 5)),
        Example("maxpool: {F: 8}", (16, 5, 5), "E203"),
        Example("maxpool: {F: 2, rounding: exact}", (1, 5, 4), "E206"),
        Example("maxpool: {F: 3, D: 2, P: 5, S: 1}", (1, 5, 5), "E203"),
        Example("maxpool: {F: 2, D: 3, P: 1, S: 1}", (1, 2, 2), "E203"),
    )

    def instead(self) -> str:
        return ", or `globalmaxpool`"

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("largest", {"largest": over("largest", 0, self.inside(place, arriving))})

    def forward(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.reference.sliding_windows import sliding_windows

        highest: Array = sliding_windows(x, self.windows(x.shape[1:]), fill=-np.inf).max(axis=(-2, -1))
        return highest

    def differentiable(self, x: Array) -> tuple[Array, PoolPullback]:
        from ..kernels.training.pooling import highest

        return highest(x, self.windows((x.shape[3], *x.shape[1:3])))

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        # A byte for each output along the columns and along the rows.
        _, H, _ = arriving
        C, rows, columns = self.output(arriving)
        return SavedForBackward(own=C * (H + rows) * columns * (1 if max(self.F) < 256 else 2))
