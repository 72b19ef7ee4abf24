"""PReLU: a leaky ReLU that learns its slope: x where it is positive, weight*x elsewhere.

    weight  C, one slope for each channel, 0.25 at first

He, Zhang, Ren, Sun: "Delving Deep into Rectifiers", 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, at
from ..graph.layer import Example, Family, SavedForBackward, TensorSpec
from ..graph.shape import Shape
from ._affine import along, by_channel
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class PReLU(Pointwise):
    """x for x > 0, else times the channel's learned slope."""

    zh: ClassVar[str] = "x 大于 0 时不变，否则乘以这个通道学来的斜率。"
    family: ClassVar[Family] = "activation"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("prelu", (3, 4, 5), (3, 4, 5)),
        Example("prelu: {}", (8,), (8,)),
    )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        return {"weight": TensorSpec(arriving[:1], fill=0.25)}

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        parts = {"x": at(0, place), "slope": at("weight", place[:1])}
        return Explanation("max(0, x) + slope * min(0, x)", parts)

    def forward(self, x: Array, *, weight: Array) -> Array:
        import numpy as np

        return np.asarray(np.maximum(x, 0) + along(weight, x) * np.minimum(x, 0))

    def vjp(self, x: Array, *, weight: Array) -> tuple[Array, Pullback]:
        import numpy as np

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dweight = by_channel(np.where(x > 0, 0, dy * x))
            dy *= np.where(x > 0, x.dtype.type(1), along(weight, x))
            return (dy,), {"weight": dweight}

        return self.forward(x, weight=weight), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
