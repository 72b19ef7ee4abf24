"""Global L2 pooling: each channel becomes the length of its values, sqrt(sum(x*x)), whatever the image's size.

The output is still an image, C x 1 x 1. Where all values are 0 the gradient is 0. ConvNeXt V2 normalises by it.

Woo et al.: "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders", 2023.
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


class GlobalL2Pool(Global):
    """The square root of the sum of squares of each channel."""

    zh: ClassVar[str] = "求每个通道里所有数的平方和的平方根。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("globall2pool", (3, 4, 5), (3, 1, 1)),
        Example("globall2pool", (12,), "E204"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        squares = over("square_sum", 0, (AxisRange(place[0]), *whole(arriving[1:])))
        return Explanation("sqrt(squares)", {"squares": squares})

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(np.sqrt(np.square(x).sum(axis=(2, 3), keepdims=True)))

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        import numpy as np

        y = self.forward(x)

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            share = np.divide(dy, y, out=np.zeros_like(dy), where=y != 0)
            return (x * share,), {}

        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True, output=True)
