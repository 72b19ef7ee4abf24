"""Clip: values below `min` become `min`, those above `max` become `max`; either may be left out.

Where `min` is above `max`, all values become `max`.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import Explanation, at, number
from ..graph.layer import Example
from ..graph.shape import Shape
from ._activation import Activation

if TYPE_CHECKING:
    from ..graph.array import Array, Mask


class Clip(Activation):
    """min(max(x, `min`), `max`)."""

    zh: ClassVar[str] = "小于 `min` 的变成 `min`，大于 `max` 的变成 `max`，其余不变。"
    min: float | None = Field(None, description="the smallest value; none when not given")
    max: float | None = Field(None, description="the largest value; none when not given")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("clip: {min: -1, max: 1}", (3, 4, 5), (3, 4, 5)),
        Example("clip: {min: 0.5}", (8,), (8,)),
        Example("clip: {max: 0.5}", (8,), (8,)),
        Example("clip", (8,), (8,)),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        formula, parts = "x", {"x": at(0, place)}
        if self.min is not None:
            formula, parts["lowest"] = f"max({formula}, lowest)", number(self.min)
        if self.max is not None:
            formula, parts["highest"] = f"min({formula}, highest)", number(self.max)
        return Explanation(formula, parts)

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value, infinite where none is given."""
        return -inf if self.min is None else self.min, inf if self.max is None else self.max

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.clip(x, *self.bounds)

    def derivative(self, x: Array) -> Mask:
        lowest, highest = self.bounds
        return (x >= lowest) & (x <= highest)  # at a bound as inside, as in PyTorch's `clamp`
