"""What `flatten` and `reshape` share: the values stay where they are and are read as another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, Part, Read, cells, flat_index
from ..graph.layer import Family, Layer, SavedForBackward
from ..graph.receptive_field import NOT_SPATIAL, ReceptiveFields
from ..graph.shape import Shape

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Reading(Layer):
    """The arriving values in C, H, W order as those of another shape."""

    family: ClassVar[Family] = "moving"
    is_view: ClassVar[bool] = True

    @property
    def keeps_places(self) -> bool:
        return False

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        return NOT_SPATIAL

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        index = flat_index(place, self.output(arriving))
        return Explanation("x", {"x": Part("cell", Read(0, cells((index,)), flat=True))})

    def forward(self, x: Array) -> Array:
        return x.reshape(len(x), *self.output(x.shape[1:]))

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import ordered

        shape = x.shape
        return ordered(self.forward(x)), lambda dy: ((ordered(dy.reshape(shape)),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
