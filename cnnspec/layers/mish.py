"""Mish: x * tanh(log(1 + exp(x))), value by value: a smooth ReLU that dips a little below 0, as YOLOv4 has it.

Misra: "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Mish(Activation):
    """x * tanh(log(1 + exp(x)))."""

    zh: ClassVar[str] = "x 乘以 tanh(log(1 + exp(x)))。"
    formula: ClassVar[str] = "x * tanh(max(0, x) + log(1 + exp(min(x, -x))))"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("mish", (3, 4, 5), (3, 4, 5)),
        Example("mish: {}", (8,), (8,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.reference.logistic import softplus

        return np.asarray(x * np.tanh(softplus(x)))

    def derivative(self, x: Array) -> Array:
        import numpy as np

        from ..kernels.reference.logistic import logistic, softplus

        t = np.tanh(softplus(x))
        return np.asarray(t + x * (1 - t * t) * logistic(x))
