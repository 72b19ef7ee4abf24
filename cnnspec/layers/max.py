"""The largest of branches, value by value, as in maxout networks (Goodfellow et al. 2013).

All branches must have the same shape. Where several have the same largest value, they share the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._extreme import Extreme

if TYPE_CHECKING:
    from ..graph.array import Array


class Max(Extreme):
    """The largest value of two or more branches of one shape."""

    zh: ClassVar[str] = "两个或更多形状相同的分支逐个取最大的数。"
    word: ClassVar[str] = "max"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("max: [[], [{conv: {F: 3, K: C, P: same}}]]", (2, 4, 4), (2, 4, 4)),
        Example("max: {a: [tanh], b: [], c: [sigmoid]}", (5,), (5,)),
        Example("max: [[], [globalavgpool]]", (2, 4, 4), "E205"),
    )

    def of(self, first: Array, second: Array) -> Array:
        import numpy as np

        return np.asarray(np.maximum(first, second))
