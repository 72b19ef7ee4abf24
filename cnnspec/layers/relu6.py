"""ReLU6: min(max(0, x), 6), value by value: ReLU that stops at 6.

The bound keeps values within what few bits can hold. Howard et al.: "MobileNets", 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class ReLU6(Activation):
    """min(max(0, x), 6)."""

    zh: ClassVar[str] = "小于 0 的变成 0，大于 6 的变成 6，其余不变。"
    formula: ClassVar[str] = "min(max(0, x), 6)"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("relu6", (3, 4, 5), (3, 4, 5)),
        Example("relu6: {}", (8,), (8,)),
    )

    @property
    def reach(self) -> str:
        return "between 0 and 6"

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.clip(x, 0, 6)

    def derivative(self, y: Array) -> Mask:
        return (y > 0) & (y < 6)
