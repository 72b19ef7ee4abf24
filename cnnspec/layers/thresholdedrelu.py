"""Thresholded ReLU: x where it is above `alpha`, else 0.

Konda, Memisevic, Krueger: "Zero-Bias Autoencoders and the Benefits of Co-Adapting Features", 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class ThresholdedReLU(Activation):
    """x for x > alpha, else 0."""

    zh: ClassVar[str] = "x 大于 alpha 时不变，否则变成 0。"
    formula: ClassVar[str] = "x * above(x, alpha)"
    alpha: float = Field(1.0, description="values up to it become 0")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("thresholdedrelu", (3, 4, 5), (3, 4, 5)),
        Example("thresholdedrelu: {alpha: -0.5}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.where(x <= self.alpha, x.dtype.type(0), x)  # what is no number stays so

    def derivative(self, x: Array) -> Mask:
        return ~(x <= self.alpha)
