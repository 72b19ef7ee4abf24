"""Average pooling: the mean of each window.

The divisor is the number of cells in the window, padding included unless `count_padding: false`. Under
`P: same-upper` padding is never counted. With `rounding: ceil` cells past the padded image do not count, as
in PyTorch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import Explanation, number, over
from ..graph.layer import Example
from ..graph.shape import Shape
from ._pool import Pool

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..kernels.training.pooling import PoolPullback


class AvgPool(Pool):
    """The mean of each window, channel by channel."""

    zh: ClassVar[str] = "平均池化：逐个通道求每个窗口里的平均值。"
    count_padding: bool = Field(True, description="padding counts in the divisor; never under `same-upper`")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("avgpool: {F: 2}", (6, 14, 14), (6, 7, 7)),
        Example("avgpool: {F: 3, S: 1, P: same}", (2, 4, 5), (2, 4, 5)),
        Example("avgpool: {F: 3, S: 1, P: same, count_padding: false}", (2, 4, 5), (2, 4, 5)),
        Example("avgpool: {F: 3, S: 2, P: 1, rounding: ceil}", (2, 6, 7), (2, 4, 4)),
        Example("avgpool: {F: [2, 3], S: 1, D: 2, P: 1}", (2, 4, 5), (2, 4, 3)),
        Example("avgpool: {F: [2, 3], S: 2, P: same-upper}", (2, 5, 5), (2, 3, 3)),
        Example("avgpool: {F: 8}", (16, 5, 5), "E203"),
        Example("avgpool: {F: 2, P: 2}", (1, 4, 4), "E203"),
    )

    def instead(self) -> str:
        return ", or `globalavgpool`"

    @property
    def counts_padding(self) -> bool:
        return self.count_padding and self.P != "same-upper"

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        padding = self.counts_padding
        counted = (s.inside(i, padding).length for s, i in zip(self.windows(arriving), place[1:], strict=True))
        size = {name: number(count) for name, count in zip(("rows", "columns"), counted, strict=True)}
        return Explanation("sum / (rows * columns)", {"sum": over("sum", 0, self.inside(place, arriving))} | size)

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.pooling import coverage
        from ..kernels.reference.sliding_windows import sliding_windows

        windows = self.windows(x.shape[1:])
        divisor = coverage(windows, self.counts_padding)
        total: Array = sliding_windows(x, windows).sum(axis=(-2, -1))
        return total / divisor.astype(x.dtype)

    def differentiable(self, x: Array) -> tuple[Array, PoolPullback]:
        from ..kernels.reference.pooling import coverage
        from ..kernels.training.pooling import totals

        windows = self.windows((x.shape[3], *x.shape[1:3]))
        share = (1 / coverage(windows, self.counts_padding)).astype(x.dtype)[:, :, None]
        y, back = totals(x, windows)
        return y * share, lambda dy: back(dy * share)
