"""What `conv` and `deconv` share: K filters in G groups, moved by S, dilated by D."""

from __future__ import annotations

from pydantic import Field

from ..layer import Count, Pair, Shape, image
from ._groups import divide
from ._windowed import Windowed


class Filters(Windowed):
    """K filters over the image, each over the channels of its group."""

    K: Count = Field(description="number of filters = output depth")
    S: Pair = Field((1, 1), description="stride")
    D: Pair = Field((1, 1), description="dilation: distance between neighbouring taps of the filter")
    G: Count = Field(1, description="groups; must divide C and K")
    bias: bool = Field(True, description="add one learned value to each map")

    @property
    def stride(self) -> tuple[int, int]:
        return self.S

    @property
    def dilation(self) -> tuple[int, int]:
        return self.D

    def divide(self, arriving: Shape) -> None:
        """Raise `Misfit` when the groups do not divide the channels and the filters of an image."""
        C, _, _ = image(arriving)
        for letter, count in (("C", C), ("K", self.K)):
            why = "each group takes C/G channels and makes K/G maps"
            divide(letter, count, self.G, why, "a G that divides both; `G: C` is a depthwise convolution")
