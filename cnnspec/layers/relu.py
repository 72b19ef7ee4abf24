"""ReLU: max(0, x), value by value. Negative values become 0, the rest stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class ReLU(Pointwise):
    """max(0, x)."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example("relu", (2, 3, 4), (2, 3, 4)),
        Example("relu: {}", (5,), (5,)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        return np.maximum(x, 0)
