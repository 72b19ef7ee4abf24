"""Dropout: in training each value is set to 0 with probability p and the rest divided by 1 - p.

When running a network it does nothing: values pass unchanged.

Srivastava et al.: "Dropout", 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class Dropout(Pointwise):
    """Random zeros in training, nothing when running."""

    p: float = Field(0.5, ge=0, le=1, description="probability that a value is dropped (training only)")

    is_view: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("dropout", (8,), (8,)),
        Example("dropout: {p: 0.2}", (3, 4, 5), (3, 4, 5)),
        Example("dropout: {p: 1.5}", (8,), "E104"),
    )

    def forward(self, x: Array) -> Array:
        return x
