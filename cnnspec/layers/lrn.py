"""Local response normalisation: each value is damped by its neighbours in depth.

    y = x / (k + alpha/size * sum(v*v))**beta

The sum runs over `size` neighbouring channels at the same place, the value's own in the middle; channels
that do not exist count as 0. An even size has no middle: it takes one channel more before than behind, as
PyTorch does (ONNX takes it behind). alpha is divided by size as in PyTorch, ONNX and Caffe, not in the paper,
whose 1e-4 is therefore 5e-4 here.

Krizhevsky, Sutskever, Hinton: "ImageNet Classification with Deep Convolutional Neural Networks", 2012.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import Explanation, at, cells, number, over
from ..graph.layer import Count, Example, Family, SavedForBackward, image
from ..graph.shape import FLOAT, Shape
from ..graph.window import AxisRange
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class LRN(Pointwise):
    """Each value over a power of the squares in the channels around it."""

    zh: ClassVar[str] = "每个数除以由相邻几个通道的平方和得到的幂。"
    family: ClassVar[Family] = "normalization"
    size: Count = Field(description="channels in the sum")
    alpha: float = Field(1e-4, description="weight of the squares' mean")
    beta: float = Field(0.75, description="the power")
    k: float = Field(1.0, description="added to the weighted mean, keeps the divisor off 0")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("lrn: {size: 5}", (7, 2, 3), (7, 2, 3)),
        Example("lrn: {size: 5, alpha: 5e-4, k: 2}", (3, 2, 2), (3, 2, 2)),
        Example("lrn: {size: 4, alpha: 1, beta: 0.5}", (6, 2, 2), (6, 2, 2)),
        Example("lrn: {size: 5}", (8,), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        return image(arriving)

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        before, behind = self.around
        first, last = max(0, place[0] - before), min(arriving[0] - 1, place[0] + behind)
        neighbours = AxisRange(first, 1, last - first + 1), *cells(place[1:])
        fields = {"k": self.k, "alpha": self.alpha, "size": self.size, "beta": self.beta}
        parts = {"x": at(0, place), "squares": over("square_sum", 0, neighbours)}
        parts |= {name: number(value) for name, value in fields.items()}
        return Explanation("x / (k + alpha / size * squares) ** beta", parts)

    def forward(self, x: Array) -> Array:
        return x / self.divisor(x) ** self.beta

    def divisor(self, x: Array) -> Array:
        """k + alpha/size * sum(v*v), the divisor before its power."""
        from ..kernels.reference.cross_channel import neighbours_total

        return self.k + self.alpha / self.size * neighbours_total(x * x, *self.around)

    @property
    def around(self) -> tuple[int, int]:
        """Channels before and behind the middle one."""
        return self.size // 2, (self.size - 1) // 2

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.reference.cross_channel import neighbours_total

        divisor = self.divisor(x)
        y = x / divisor**self.beta

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            before, behind = self.around
            # A value is in the sums of those channels whose sums it is among.
            by_sums = neighbours_total(dy * y / divisor, behind, before)
            by_sums *= 2 * self.alpha / self.size * self.beta
            by_sums *= x
            dy /= divisor**self.beta
            dy -= by_sums
            return (dy,), {}

        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True, output=True, own=FLOAT * prod(arriving))
