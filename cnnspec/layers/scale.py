"""Scale: each channel times a learned value of its own (ConvNeXt calls it layer scale).

    y = x * weight
    weight  C; it may be stored under the layer's own name, as C or C x 1 x 1

Touvron et al.: "Going deeper with Image Transformers", 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, at
from ..graph.layer import Example, SavedForBackward, TensorSpec
from ..graph.shape import Shape
from ._affine import Affine, along, by_channel

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Scale(Affine):
    """Each channel times one learned value."""

    zh: ClassVar[str] = "每个通道乘以一个学来的数。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("scale", (3, 4, 5), (3, 4, 5)),
        Example("scale: {}", (8,), (8,)),
    )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        return {"weight": TensorSpec(arriving[:1], fill=1.0, bare=True)}

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        return Explanation("x * weight", {"x": at(0, place), "weight": at("weight", place[:1])})

    def affine(self, *, weight: Array) -> tuple[Array, Array]:
        import numpy as np

        return weight, np.zeros_like(weight)

    def vjp(self, x: Array, *, weight: Array) -> tuple[Array, Pullback]:
        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dweight = by_channel(dy * x)
            dy *= along(weight, x)
            return (dy,), {"weight": dweight}

        return self.forward(x, weight=weight), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
