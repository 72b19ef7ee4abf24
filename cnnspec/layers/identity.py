"""Identity: what arrives goes on unchanged. It gives a place a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, copied
from ..graph.layer import Example, Family, SavedForBackward
from ..graph.shape import Shape
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Identity(Pointwise):
    """What arrives, unchanged."""

    zh: ClassVar[str] = "原样送出。"
    family: ClassVar[Family] = "moving"
    is_view: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("identity", (2, 3, 4), (2, 3, 4)),
        Example("identity", (5,), (5,)),
    )

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return copied(place)

    def forward(self, x: Array) -> Array:
        return x

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        return x, lambda dy: ((dy,), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
