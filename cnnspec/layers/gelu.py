"""GELU: x * P(X <= x) for a standard normal X, value by value: x counts as far as it is unusually large.

    none    x/2 * (1 + erf(x / sqrt(2)))
    tanh    x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715*x**3)))

Hendrycks and Gimpel: "Gaussian Error Linear Units", 2016.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class GELU(Pointwise):
    """x * (the standard normal distribution up to x)."""

    approx: Literal["none", "tanh"] = Field("none", description="`none`: exact, `tanh`: the paper's approximation")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("gelu", (3, 4, 5), (3, 4, 5)),
        Example("gelu: {approx: tanh}", (8,), (8,)),
        Example("gelu: {approx: erf}", (8,), "E104"),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.error_function import erfc

        if self.approx == "tanh":
            return np.asarray(x / 2 * (1 + np.tanh(sqrt(2 / pi) * x * (1 + 0.044715 * x * x))))
        return x / 2 * erfc(x * -sqrt(1 / 2))
