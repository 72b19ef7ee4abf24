"""Tanh: the hyperbolic tangent, value by value: any number becomes one between -1 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class Tanh(Pointwise):
    """tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example("tanh", (3, 4, 5), (3, 4, 5)),
        Example("tanh: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.tanh(x)
