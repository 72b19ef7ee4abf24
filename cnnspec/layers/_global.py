"""What global pooling shares: each channel becomes one value."""

from __future__ import annotations

from typing import ClassVar

from ..graph.layer import Family, Layer, image
from ..graph.receptive_field import NOT_SPATIAL, ReceptiveFields
from ..graph.shape import Shape


class Global(Layer):
    """One value for each channel: C x 1 x 1."""

    family: ClassVar[Family] = "pooling"

    def output(self, arriving: Shape) -> Shape:
        C, _, _ = image(arriving)
        return (C, 1, 1)

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        return NOT_SPATIAL
