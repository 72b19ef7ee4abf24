"""ReLU: max(0, x), value by value. Negative values become 0, the rest stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class ReLU(Activation):
    """max(0, x)."""

    zh: ClassVar[str] = "小于 0 的变成 0，其余不变。"
    formula: ClassVar[str] = "max(0, x)"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("relu", (2, 3, 4), (2, 3, 4)),
        Example("relu: {}", (5,), (5,)),
    )

    @property
    def reach(self) -> str:
        return "0 or more"

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.maximum(x, 0)

    def derivative(self, y: Array) -> Mask:
        import numpy as np

        return np.not_equal(y, 0)  # also where y is no number, as in PyTorch
