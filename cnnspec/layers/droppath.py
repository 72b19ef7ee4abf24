"""Drop path (stochastic depth): in training a whole branch is left out of an image with probability p.

It stands at the end of a residual branch; what is kept is divided by 1 - p. When running a network it does
nothing: values pass unchanged.

Huang et al.: "Deep Networks with Stochastic Depth", 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class DropPath(Pointwise):
    """Random left-out branches in training, nothing when running."""

    p: float = Field(0.0, ge=0, le=1, description="probability that the branch is left out (training only)")

    is_view: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("droppath", (3, 4, 5), (3, 4, 5)),
        Example("droppath: {p: 0.1}", (8,), (8,)),
        Example("droppath: {p: -0.1}", (8,), "E104"),
    )

    def forward(self, x: Array) -> Array:
        return x
