"""GELU: x * P(X <= x) for a standard normal X, value by value: x counts as far as it is unusually large.

    none    x/2 * (1 + erf(x / sqrt(2)))
    tanh    x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715*x**3)))

Hendrycks and Gimpel: "Gaussian Error Linear Units", 2016.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Explanation, at
from ..graph.layer import Example
from ..graph.shape import Shape
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


FORMULAS = {
    "none": "x / 2 * (1 + erf(x / sqrt(2)))",
    "tanh": "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))",
}


class GELU(Activation):
    """x * (the standard normal distribution up to x)."""

    zh: ClassVar[str] = "x 乘以标准正态分布在 x 以下的概率。"
    approx: Literal["none", "tanh"] = Field("none", description="`none`: exact, `tanh`: the paper's approximation")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("gelu", (3, 4, 5), (3, 4, 5)),
        Example("gelu: {approx: tanh}", (8,), (8,)),
        Example("gelu: {approx: erf}", (8,), "E104"),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation(FORMULAS[self.approx], {"x": at(0, place)})

    def forward(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.channels_last import parts

        y = np.empty_like(x)
        for part in parts(x):
            y[part] = self.of(x[part])
        return y

    def of(self, x: Array) -> Array:
        """The function itself, in so many calls that it is quicker part by part."""
        import numpy as np

        from ..kernels.reference.error_function import erfc

        if self.approx == "tanh":
            return np.asarray(x / 2 * (1 + np.tanh(sqrt(2 / pi) * x * (1 + 0.044715 * x * x))))
        return x / 2 * erfc(x * -sqrt(1 / 2))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.reference.error_function import erfc

        if self.approx == "tanh":
            t = np.tanh(sqrt(2 / pi) * x * (1 + 0.044715 * x * x))
            return np.asarray((1 + t + x * (1 - t * t) * sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x)) / 2)
        return np.asarray(erfc(x * -sqrt(1 / 2)) / 2 + x * np.exp(x * x / -2) / sqrt(2 * pi))
