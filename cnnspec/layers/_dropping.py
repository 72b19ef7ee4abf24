"""What `dropout` and `droppath` share: chance sets values to 0 in training, and nothing happens when running."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, copied
from ..graph.layer import Family, TrainingContext
from ..graph.shape import Shape
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Dropping(Pointwise):
    """Values are dropped with probability p; what is kept is divided by 1 - p, so that the mean stays."""

    family: ClassVar[Family] = "moving"
    p: float

    is_view: ClassVar[bool] = True

    def lots(self, N: int, arriving: Shape) -> Shape:
        """How many lots are drawn for a batch along N, H, W, C; one alone is for all values along that axis."""
        raise NotImplementedError

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return copied(place)

    def forward(self, x: Array) -> Array:
        return x

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        return x, lambda dy: ((dy,), {})

    def vjp_training(self, context: TrainingContext, x: Array) -> tuple[Array, Pullback]:
        import numpy as np

        if self.p == 0:
            return self.vjp(x)
        drawn = context.random.random(self.lots(len(x), x.shape[1:]), np.float32)
        kept = np.moveaxis(drawn >= self.p, -1, 1)
        factor = 1 / (1 - self.p) if self.p < 1 else 0

        def scaled(values: Array, out: Array | None = None) -> Array:
            values = np.multiply(values, kept, out=out)
            values *= factor
            return values

        return scaled(x), lambda dy: ((scaled(dy, dy),), {})
