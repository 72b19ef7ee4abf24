"""Hard sigmoid: a sigmoid made of three straight lines: 0 below -3, 1 above 3, x/6 + 1/2 between.

Howard et al.: "Searching for MobileNetV3", 2019. (Some frameworks have 0.2 for 1/6.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class HardSigmoid(Activation):
    """clip(x/6 + 1/2, 0, 1)."""

    zh: ClassVar[str] = "x/6 + 1/2，小于 0 的变成 0，大于 1 的变成 1。"
    formula: ClassVar[str] = "min(max(x / 6 + 1 / 2, 0), 1)"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("hardsigmoid", (3, 4, 5), (3, 4, 5)),
        Example("hardsigmoid: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.logistic import hard_logistic

        return hard_logistic(x)

    def derivative(self, y: Array) -> Array:
        import numpy as np

        return np.full_like(y, 1 / 6)

    def flat(self, y: Array) -> Mask:
        return ~((y > 0) & (y < 1))
