"""The smallest of branches, value by value.

All branches must have the same shape. Where several have the same smallest value, they share the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._extreme import Extreme

if TYPE_CHECKING:
    from ..graph.array import Array


class Min(Extreme):
    """The smallest value of two or more branches of one shape."""

    zh: ClassVar[str] = "两个或更多形状相同的分支逐个取最小的数。"
    word: ClassVar[str] = "min"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("min: [[], [{conv: {F: 3, K: C, P: same}}]]", (2, 4, 4), (2, 4, 4)),
        Example("min: {a: [tanh], b: [], c: [sigmoid]}", (5,), (5,)),
        Example("min: [[], [globalavgpool]]", (2, 4, 4), "E205"),
    )

    def of(self, first: Array, second: Array) -> Array:
        import numpy as np

        return np.asarray(np.minimum(first, second))
