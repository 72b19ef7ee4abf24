"""Tanh: the hyperbolic tangent, value by value: any number becomes one between -1 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Tanh(Activation):
    """tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    zh: ClassVar[str] = "双曲正切：把任何数变成 -1 到 1 之间的数。"
    formula: ClassVar[str] = "tanh(x)"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("tanh", (3, 4, 5), (3, 4, 5)),
        Example("tanh: {}", (8,), (8,)),
    )

    @property
    def reach(self) -> str:
        return "between -1 and 1"

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.tanh(x)

    def derivative(self, y: Array) -> Array:
        return 1 - y * y
