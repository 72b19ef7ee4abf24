"""Sigmoid: 1 / (1 + exp(-x)), value by value: any number becomes one between 0 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.layer import Example, OutputKind
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    zh: ClassVar[str] = "1 / (1 + exp(-x))：把任何数变成 0 到 1 之间的数。"
    formula: ClassVar[str] = "1 / (1 + exp(-x))"
    by_output: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("sigmoid", (3, 4, 5), (3, 4, 5)),
        Example("sigmoid: {}", (8,), (8,)),
    )

    @property
    def reach(self) -> str:
        return "between 0 and 1"

    @property
    def output_kind(self) -> OutputKind:
        return "probabilities"

    @property
    def part_of_loss(self) -> str:
        return "binary_cross_entropy"

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.logistic import logistic

        return logistic(x)

    def derivative(self, y: Array) -> Array:
        return y * (1 - y)
