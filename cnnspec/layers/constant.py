"""A constant: a fixed value for each cell, added to what arrives or multiplied with it.

    weight    the arriving shape; a buffer, nothing is learned

Detectors keep their grids and anchors this way. Without weights it adds 0 or multiplies with 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Explanation, at
from ..graph.layer import Example, Family, SavedForBackward, TensorSpec
from ..graph.shape import Shape
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Constant(Pointwise):
    """Each value plus (or times) a fixed one."""

    zh: ClassVar[str] = "每个数加上（或乘以）一个固定的数。"
    family: ClassVar[Family] = "normalization"
    by: Literal["add", "mul"] = Field("add", description="`add`: x + weight, or `mul`: x * weight")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("constant", (2, 3, 4), (2, 3, 4)),
        Example("constant: {by: mul}", (2, 3, 4), (2, 3, 4)),
        Example("constant: {}", (8,), (8,)),
        Example("constant: {by: sub}", (8,), "E104"),
    )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        return {"weight": TensorSpec(arriving, fill=0.0 if self.by == "add" else 1.0, buffer=True, bare=True)}

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        sign = "+" if self.by == "add" else "*"
        return Explanation(f"x {sign} weight", {"x": at(0, place), "weight": at("weight", place)})

    def forward(self, x: Array, *, weight: Array) -> Array:
        return x + weight if self.by == "add" else x * weight

    def vjp(self, x: Array, *, weight: Array) -> tuple[Array, Pullback]:
        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            if self.by == "mul":
                dy *= weight
            return (dy,), {}

        # In place, so that the values stay in the order in which x has them.
        y = x.copy("K")
        if self.by == "add":
            y += weight
        else:
            y *= weight
        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
