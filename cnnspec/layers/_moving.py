"""What layers share that only move values: on the way back each gradient goes where its value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..graph.explanation import Explanation, copied
from ..graph.layer import Family, Layer, SavedForBackward
from ..graph.shape import Shape

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Moving(Layer):
    """Each output value is one that arrives; none goes to two places."""

    family: ClassVar[Family] = "moving"

    def seen(self, x: Array) -> Array:
        """The output's values in their order, as a view of x (N, *arriving); axes may be split in two."""
        raise NotImplementedError

    def source(self, place: Shape, arriving: Shape) -> Shape:
        """Where the value at a place of the output lies in what arrives."""
        raise NotImplementedError

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return copied(self.source(place, arriving))

    def forward(self, x: Array) -> Array:
        from ..kernels.channels_last import empty

        seen = self.seen(x)
        y = empty((len(x), *self.output(x.shape[1:])), x.dtype)
        y.reshape(seen.shape, copy=False)[...] = seen
        return y

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import zeros

        shape = x.shape

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dx = zeros(shape, dy.dtype)
            seen = self.seen(dx)
            seen[...] = dy.reshape(seen.shape)
            return (dx,), {}

        return self.forward(x), pull

    def saved_for_backward(self, *_: Any) -> SavedForBackward:
        return SavedForBackward()
