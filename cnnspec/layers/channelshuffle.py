"""Channel shuffle: channels taken in turn from G groups, so that the next grouped convolution sees them all.

Written as a table of G rows and C/G columns, the channels are read out column by column.

Zhang, Zhou, Lin, Sun: "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices",
2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Count, Example
from ..graph.shape import Shape
from ._groups import divide
from ._moving import Moving
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array


class ChannelShuffle(Pointwise, Moving):
    """The channels of G groups, taken in turn from each."""

    zh: ClassVar[str] = "把 G 组通道轮流取出，重新排列。"
    G: Count = Field(description="groups; must divide C")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("channelshuffle: {G: 2}", (6, 2, 3), (6, 2, 3)),
        Example("channelshuffle: {G: 1}", (4, 2, 2), (4, 2, 2)),
        Example("channelshuffle: {G: C/2}", (6,), (6,)),
        Example("channelshuffle: {G: 4}", (6, 2, 3), "E201"),
    )

    def output(self, arriving: Shape) -> Shape:
        divide("C", arriving[0], self.G, "each group has C/G channels", "a G that divides C")
        return arriving

    def source(self, place: Shape, arriving: Shape) -> Shape:
        row, group = divmod(place[0], self.G)
        return (group * (arriving[0] // self.G) + row, *place[1:])

    def seen(self, x: Array) -> Array:
        N, C, *size = x.shape
        return x.reshape(N, self.G, C // self.G, *size).swapaxes(1, 2)
