"""ELU: x where it is positive, alpha*(exp(x) - 1) elsewhere, a smooth bend towards -alpha.

Clevert, Unterthiner, Hochreiter: "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class ELU(Activation):
    """x for x > 0, else alpha*(exp(x) - 1)."""

    zh: ClassVar[str] = "x 大于 0 时不变，否则是 alpha*(exp(x) - 1)。"
    formula: ClassVar[str] = "max(0, x) + alpha * (exp(min(0, x)) - 1)"
    alpha: float = Field(1.0, description="how far below 0 it goes")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("elu", (3, 4, 5), (3, 4, 5)),
        Example("elu: {alpha: 0.5}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0)))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        return (x > 0) + self.alpha * np.exp(np.minimum(x, 0)) * (x <= 0)
