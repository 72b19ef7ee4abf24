"""What value-by-value layers share: any shape goes through unchanged."""

from __future__ import annotations

from typing import ClassVar

from ..layer import Layer, Shape


class Pointwise(Layer):
    """Each output value hangs on the input value at the same place alone."""

    keeps_shape: ClassVar[bool] = True

    def output(self, arriving: Shape) -> Shape:
        return arriving
