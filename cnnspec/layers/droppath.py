"""Drop path (stochastic depth): in training a whole branch is left out of an image with probability p.

It stands at the end of a residual branch; what is kept is divided by 1 - p. When running a network it does
nothing: values pass unchanged.

Huang et al.: "Deep Networks with Stochastic Depth", 2016.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..graph.layer import Example, SavedForBackward
from ..graph.shape import Shape
from ._dropping import Dropping


class DropPath(Dropping):
    """Random left-out branches in training, nothing when running."""

    zh: ClassVar[str] = "训练时随机地去掉一些分支，运行时什么也不做。"
    p: float = Field(0.0, ge=0, le=1, description="probability that the branch is left out (training only)")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("droppath", (3, 4, 5), (3, 4, 5)),
        Example("droppath: {p: 0.1}", (8,), (8,)),
        Example("droppath: {p: -0.1}", (8,), "E104"),
    )

    def lots(self, N: int, arriving: Shape) -> Shape:
        return (N, *(1 for _ in arriving))

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(own=1 if self.p else 0)
