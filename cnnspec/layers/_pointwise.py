"""What layers share that any shape goes through unchanged."""

from __future__ import annotations

from typing import ClassVar

from ..graph.layer import Layer
from ..graph.shape import Shape


class Pointwise(Layer):
    """The output has the shape that arrives."""

    keeps_shape: ClassVar[bool] = True

    def output(self, arriving: Shape) -> Shape:
        return arriving
