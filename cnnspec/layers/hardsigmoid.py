"""Hard sigmoid: a sigmoid made of three straight lines: 0 below -3, 1 above 3, x/6 + 1/2 between.

Howard et al.: "Searching for MobileNetV3", 2019. Some frameworks have a slope of 0.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class HardSigmoid(Activation):
    """clip(slope*x + offset, 0, 1)."""

    zh: ClassVar[str] = "slope*x + offset，小于 0 的变成 0，大于 1 的变成 1。"
    formula: ClassVar[str] = "min(max(slope * x + offset, 0), 1)"
    slope: float = Field(1 / 6, gt=0, description="of the line between the two bends, 1/6 when not given")
    offset: float = Field(0.5, description="the value for 0")

    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("hardsigmoid", (3, 4, 5), (3, 4, 5)),
        Example("hardsigmoid: {slope: 0.2, offset: 0.4}", (8,), (8,)),
        Example("hardsigmoid: {slope: 0}", (8,), "E104"),
    )

    @property
    def reach(self) -> str:
        return "between 0 and 1"

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.logistic import hard_logistic

        return hard_logistic(x, self.slope, self.offset)

    def derivative(self, y: Array) -> Array:
        import numpy as np

        return np.full_like(y, self.slope)

    def flat(self, y: Array) -> Mask:
        return ~((y > 0) & (y < 1))
