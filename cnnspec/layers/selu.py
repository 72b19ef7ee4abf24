"""SELU: scale*x where it is positive, scale*alpha*(exp(x) - 1) elsewhere, with two fixed numbers.

With them, and weights that start as they should, values keep mean 0 and variance 1 from layer to layer:

    scale    1.0507009873554805
    alpha    1.6732632423543772

Klambauer, Unterthiner, Mayr, Hochreiter: "Self-Normalizing Neural Networks", 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class SELU(Activation):
    """An `elu` times a fixed number, so that values keep their scale from layer to layer."""

    zh: ClassVar[str] = "一个 `elu` 乘以一个固定的数，使数值逐层保持同样的大小。"
    scale: ClassVar[float] = 1.0507009873554805
    alpha: ClassVar[float] = 1.6732632423543772
    formula: ClassVar[str] = "1.0507009873554805 * (max(0, x) + 1.6732632423543772 * (exp(min(0, x)) - 1))"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("selu", (3, 4, 5), (3, 4, 5)),
        Example("selu: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(self.scale * (np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0))))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(self.scale * ((x > 0) + self.alpha * np.exp(np.minimum(x, 0)) * (x <= 0)))
