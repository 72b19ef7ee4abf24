"""What `max` and `min` share: of the values at a place the one that is furthest to a side."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation
from ..graph.layer import SavedForBackward
from ..graph.shape import Shape
from ._combining import Combining

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Extreme(Combining):
    """The value of the branch that wins; those that draw share its gradient."""

    word: ClassVar[str]
    """The formula's function of two values."""

    def of(self, first: Array, second: Array) -> Array:
        """The winning value of two."""
        raise NotImplementedError

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        parts = self.values(place, *arriving)
        return Explanation(reduce(lambda done, other: f"{self.word}({done}, {other})", parts), parts)

    def forward(self, *inputs: Array) -> Array:
        return reduce(self.of, inputs)

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        import numpy as np

        y = self.forward(*inputs)

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            winners = [x == y for x in inputs]
            dy /= np.maximum(sum(winner.astype(dy.dtype) for winner in winners), 1)
            return tuple(np.where(winner, dy, dy.dtype.type(0)) for winner in winners), {}

        return y, pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True, output=True)
