"""Sigmoid: 1 / (1 + exp(-x)), value by value: any number becomes one between 0 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class Sigmoid(Pointwise):
    """1 / (1 + exp(-x))."""

    gives: ClassVar[Literal["scores", "probabilities", "log-probabilities"]] = "probabilities"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("sigmoid", (3, 4, 5), (3, 4, 5)),
        Example("sigmoid: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        from ..kernels.logistic import logistic

        return logistic(x)
