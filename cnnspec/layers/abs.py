"""Absolute value: |x|, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Abs(Activation):
    """|x|."""

    zh: ClassVar[str] = "绝对值：小于 0 的变成 -x，其余不变。"
    formula: ClassVar[str] = "max(x, -x)"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("abs", (3, 4, 5), (3, 4, 5)),
        Example("abs: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.abs(x)

    def derivative(self, x: Array) -> Array:
        import numpy as np

        return np.where(np.isnan(x), x.dtype.type(0), np.sign(x))  # as in PyTorch
