"""Global average pooling: each channel becomes its mean, whatever the image's size (Lin et al. 2014).

The output is still an image, C x 1 x 1; `flatten` makes it a vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, over, whole
from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ..graph.window import AxisRange
from ._global import Global

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class GlobalAvgPool(Global):
    """The mean of each channel."""

    zh: ClassVar[str] = "求每个通道里所有数的平均值。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("globalavgpool", (3, 4, 5), (3, 1, 1)),
        Example("globalavgpool", (12,), "E204"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("mean", {"mean": over("mean", 0, (AxisRange(place[0]), *whole(arriving[1:])))})

    def forward(self, x: Array) -> Array:
        y: Array = x.mean(axis=(2, 3), keepdims=True)
        return y

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import cells, image
        from ..kernels.training.pooling import averages

        y, back = averages(cells(x), (1, 1))
        return image(y), lambda dy: ((image(back(cells(dy))),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
