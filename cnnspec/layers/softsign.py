"""Softsign: x / (1 + |x|), value by value: like tanh, but it comes near -1 and 1 much more slowly.

Glorot and Bengio: "Understanding the difficulty of training deep feedforward neural networks", 2010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Softsign(Activation):
    """x / (1 + |x|)."""

    zh: ClassVar[str] = "x / (1 + |x|)：把任何数变成 -1 到 1 之间的数。"
    formula: ClassVar[str] = "x / (1 + max(x, -x))"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("softsign", (3, 4, 5), (3, 4, 5)),
        Example("softsign: {}", (8,), (8,)),
    )

    @property
    def reach(self) -> str:
        return "between -1 and 1"

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.asarray(x / (1 + np.abs(x)))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        # Where x is infinite there is no value, and no slope: x - x is no number there, and 0 elsewhere.
        return np.asarray((1 + np.abs(x)) ** -2 + (x - x))
