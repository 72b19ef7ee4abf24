"""CELU: x where it is positive, alpha*(exp(x/alpha) - 1) elsewhere: an ELU whose slope is the same on both sides of 0.

Barron: "Continuously Differentiable Exponential Linear Units", 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class CELU(Activation):
    """x for x > 0, else alpha*(exp(x/alpha) - 1)."""

    zh: ClassVar[str] = "x 大于 0 时不变，否则是 alpha*(exp(x/alpha) - 1)。"
    formula: ClassVar[str] = "max(0, x) + alpha * (exp(min(0, x) / alpha) - 1)"
    alpha: float = Field(1.0, gt=0, description="how far below 0 it goes")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("celu", (3, 4, 5), (3, 4, 5)),
        Example("celu: {alpha: 0.5}", (8,), (8,)),
        Example("celu: {alpha: 0}", (8,), "E104"),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0) / self.alpha))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        return np.exp(np.minimum(x, 0) / self.alpha)
