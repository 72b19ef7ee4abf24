"""Hard swish: x * hardsigmoid(x) = x * clip(x/6 + 1/2, 0, 1), SiLU without the exponential.

Howard et al.: "Searching for MobileNetV3", 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class HardSwish(Activation):
    """x * clip(x/6 + 1/2, 0, 1)."""

    zh: ClassVar[str] = "x 乘以 hardsigmoid(x)。"
    formula: ClassVar[str] = "x * min(max(x / 6 + 1 / 2, 0), 1)"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("hardswish", (3, 4, 5), (3, 4, 5)),
        Example("hardswish: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.logistic import hard_logistic

        return x * hard_logistic(x)

    def derivative(self, x: Array) -> Array:
        import numpy as np

        return np.where(x >= 3, x.dtype.type(1), x / 3 + 0.5)

    def flat(self, x: Array) -> Mask:
        return x <= -3
