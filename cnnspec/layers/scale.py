"""Scale: each channel times a learned value of its own (ConvNeXt calls it layer scale).

    y = x * weight
    weight  C; it may be stored under the layer's own name, as C or C x 1 x 1

Touvron et al.: "Going deeper with Image Transformers", 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import Explanation, at
from ..graph.layer import Example, SavedForBackward, TensorSpec
from ..graph.shape import Shape
from ._affine import Affine, along, by_channel

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Scale(Affine):
    """Each channel times one learned value, and with `bias` plus another."""

    zh: ClassVar[str] = "每个通道乘以一个学来的数；有 `bias` 时再加上一个。"
    bias: bool = Field(False, description="also add one learned value a channel")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("scale", (3, 4, 5), (3, 4, 5)),
        Example("scale: {}", (8,), (8,)),
        Example("scale: {bias: true}", (3, 4, 5), (3, 4, 5)),
    )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        weight = {"weight": TensorSpec(arriving[:1], fill=1.0, bare=not self.bias)}
        return weight | ({"bias": TensorSpec(arriving[:1])} if self.bias else {})

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        parts = {"x": at(0, place), "weight": at("weight", place[:1])}
        if not self.bias:
            return Explanation("x * weight", parts)
        return Explanation("x * weight + bias", parts | {"bias": at("bias", place[:1])})

    def line(self, *, weight: Array, bias: Array | None = None) -> tuple[Array, Array]:
        import numpy as np

        return weight, np.zeros_like(weight) if bias is None else bias

    def vjp(self, x: Array, **tensors: Array) -> tuple[Array, Pullback]:
        weight = tensors["weight"]

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            learned = {"weight": by_channel(dy * x)} | ({"bias": by_channel(dy)} if self.bias else {})
            dy *= along(weight, x)
            return (dy,), learned

        return self.forward(x, **tensors), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
