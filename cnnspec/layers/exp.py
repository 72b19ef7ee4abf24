"""Exponential: exp(x), value by value. Detectors read the sizes of their boxes this way."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Exp(Activation):
    """exp(x)."""

    zh: ClassVar[str] = "指数函数：求 e 的 x 次方。"
    formula: ClassVar[str] = "exp(x)"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("exp", (3, 4, 5), (3, 4, 5)),
        Example("exp: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        with np.errstate(over="ignore"):  # too much for the type is infinite
            return np.exp(x)

    def derivative(self, y: Array) -> Array:
        return y
