"""Dropout: in training each value is set to 0 with probability p and the rest divided by 1 - p.

When running a network it does nothing: values pass unchanged.

Srivastava et al.: "Dropout", 2014.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._dropping import Dropping


class Dropout(Dropping):
    """Random zeros in training, nothing when running."""

    zh: ClassVar[str] = "训练时随机地把一些数变成 0，运行时什么也不做。"
    p: float = Field(0.5, ge=0, le=1, description="probability that a value is dropped (training only)")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("dropout", (8,), (8,)),
        Example("dropout: {p: 0.2}", (3, 4, 5), (3, 4, 5)),
        Example("dropout: {p: 1.5}", (8,), "E104"),
    )

    def lots(self, N: int, arriving: Shape) -> Shape:
        return (N, *arriving[1:], arriving[0])

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(own=prod(arriving) if self.p else 0)
