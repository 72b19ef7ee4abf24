"""Leaky ReLU: x where it is positive, slope*x elsewhere, so that negative values still pass a little.

Maas, Hannun, Ng: "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class LeakyReLU(Activation):
    """x for x > 0, else slope*x."""

    zh: ClassVar[str] = "x 大于 0 时不变，否则乘以 slope。"
    formula: ClassVar[str] = "max(0, x) + slope * min(0, x)"
    slope: float = Field(0.01, description="factor of negative values")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("leakyrelu", (3, 4, 5), (3, 4, 5)),
        Example("leakyrelu: {slope: 0.1}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(np.maximum(x, 0) + self.slope * np.minimum(x, 0))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        return np.where(x > 0, x.dtype.type(1), x.dtype.type(self.slope))
