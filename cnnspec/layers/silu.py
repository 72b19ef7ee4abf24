"""SiLU (swish): x * sigmoid(x), value by value: a smooth ReLU that dips below 0 before it settles there.

Elfwing, Uchibe, Doya: "Sigmoid-Weighted Linear Units", 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class SiLU(Activation):
    """x / (1 + exp(-x))."""

    zh: ClassVar[str] = "x / (1 + exp(-x))：x 乘以它的 sigmoid。"
    formula: ClassVar[str] = "x / (1 + exp(-x))"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("silu", (3, 4, 5), (3, 4, 5)),
        Example("silu: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.logistic import logistic

        return x * logistic(x)

    def derivative(self, x: Array) -> Array:
        from ..kernels.reference.logistic import logistic

        s = logistic(x)
        return s * (1 + x * (1 - s))
