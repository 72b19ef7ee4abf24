"""Softplus: log(1 + exp(x)), value by value: a ReLU without its bend, above 0 everywhere.

Dugas, Bengio, Bélisle, Nadeau, Garcia: "Incorporating Second-Order Functional Knowledge", 2000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Softplus(Activation):
    """log(1 + exp(x))."""

    zh: ClassVar[str] = "log(1 + exp(x))：没有折角的 ReLU。"
    formula: ClassVar[str] = "max(0, x) + log(1 + exp(min(x, -x)))"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("softplus", (3, 4, 5), (3, 4, 5)),
        Example("softplus: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.logistic import softplus

        return softplus(x)

    def derivative(self, x: Array) -> Array:
        from ..kernels.reference.logistic import logistic

        return logistic(x)
