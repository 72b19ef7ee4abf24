"""Flatten: the image's values as one vector, channel by channel, row by row.

After it a value's place in the image is gone: `dense` can take it, a window cannot.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from ..layer import Example, Layer, Shape
from ..reach import PLACELESS, Reaches

if TYPE_CHECKING:
    from ..layer import Array


class Flatten(Layer):
    """C x H x W values as a vector of C*H*W, in C, H, W order."""

    is_view: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("flatten", (2, 2, 2), (8,)),
        Example("flatten", (7,), (7,)),
    )

    def output(self, arriving: Shape) -> Shape:
        return (prod(arriving),)

    def reach(self, arriving: Shape) -> Reaches:
        return PLACELESS

    def forward(self, x: Array) -> Array:
        return x.reshape(x.shape[0], -1)
