"""L2 pooling: the length of the values in each window, sqrt(sum(x*x)); padding adds nothing.

Where all are 0 the gradient is 0. It is LpPool of ONNX with p = 2, and PyTorch's LPPool2d(2, ...).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, over
from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._pool import Pool

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..kernels.training.pooling import PoolPullback


class L2Pool(Pool):
    """The square root of the sum of squares in each window, channel by channel."""

    zh: ClassVar[str] = "逐个通道求每个窗口里所有数的平方和的平方根。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("l2pool: {F: 2}", (3, 6, 8), (3, 3, 4)),
        Example("l2pool: {F: 3, S: 2, P: same-upper}", (2, 5, 6), (2, 3, 3)),
        Example("l2pool: {F: [2, 3], S: 1, D: [2, 1], P: {top: 1}}", (2, 5, 6), (2, 4, 4)),
        Example("l2pool: {F: 8}", (16, 5, 5), "E203"),
    )

    def instead(self) -> str:
        return ", or `globall2pool`"

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("sqrt(squares)", {"squares": over("square_sum", 0, self.inside(place, arriving))})

    def forward(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.reference.sliding_windows import sliding_windows

        total: Array = sliding_windows(np.square(x), self.windows(x.shape[1:])).sum(axis=(-2, -1))
        return np.asarray(np.sqrt(total))

    def differentiable(self, x: Array) -> tuple[Array, PoolPullback]:
        import numpy as np

        from ..kernels.training.pooling import totals

        total, back = totals(np.square(x), self.windows((x.shape[3], *x.shape[1:3])))
        y: Array = np.sqrt(total)

        def pull(dy: Array) -> Array:
            share = np.divide(dy, y, out=np.zeros_like(dy), where=y != 0)
            return x * back(share)

        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True, output=True)
