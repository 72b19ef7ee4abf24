"""Square root: sqrt(x), value by value; of a value below 0 it is no number (NaN).

It stands behind what is never negative: a sum of squares, a variance, a `relu`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Sqrt(Activation):
    """sqrt(x)."""

    zh: ClassVar[str] = "平方根：求 x 的平方根。"
    formula: ClassVar[str] = "sqrt(x)"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("sqrt", (3, 4, 5), (3, 4, 5)),
        Example("sqrt: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        with np.errstate(invalid="ignore"):  # below 0 it is no number
            return np.sqrt(x)

    def derivative(self, y: Array) -> Array:
        import numpy as np

        with np.errstate(divide="ignore"):  # the root of 0 rises without bound
            return np.asarray(0.5 / y)
