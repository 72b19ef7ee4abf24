"""Global max pooling: each channel becomes its largest value, whatever the image's size.

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


class GlobalMaxPool(Global):
    """The largest value of each channel."""

    zh: ClassVar[str] = "求每个通道里最大的数。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("globalmaxpool", (3, 4, 5), (3, 1, 1)),
        Example("globalmaxpool", (12,), "E204"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("largest", {"largest": over("largest", 0, (AxisRange(place[0]), *whole(arriving[1:])))})

    def forward(self, x: Array) -> Array:
        y: Array = x.max(axis=(2, 3), keepdims=True)
        return y

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import cells, image
        from ..kernels.training.pooling import highest_of_all

        y, back = highest_of_all(cells(x))
        return image(y), lambda dy: ((image(back(cells(dy))),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(own=8 * arriving[0])
