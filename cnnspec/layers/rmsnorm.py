"""RMS normalisation: values at a mean square of 1, without taking off the mean.

    y = x / sqrt(mean(x*x) + eps) * weight

`over: C`, the default, takes the mean of the C squares at each place by itself; `over: all` that of the whole
C x H x W. A vector's values are normalised together either way.

    weight    C; C x H x W with `over: all`

Zhang and Sennrich: "Root Mean Square Layer Normalization", 2019.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Explanation, at, cells, number, over, whole
from ..graph.layer import Example, Family, SavedForBackward, TensorSpec
from ..graph.shape import FLOAT, Shape
from ._affine import along
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class RMSNorm(Pointwise):
    """The values at each place (or all) over the root of their mean square, then times weight."""

    zh: ClassVar[str] = "每个位置上的数（或全部的数）除以自己的均方根，然后乘以权重。"
    family: ClassVar[Family] = "normalization"
    over: Literal["C", "all"] = Field("C", description="`C`: at each place by itself, or `all`: the whole image")
    eps: float = Field(1e-5, ge=0, description="added to the mean square, keeps the root off 0")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("rmsnorm", (3, 4, 5), (3, 4, 5)),
        Example("rmsnorm: {over: all, eps: 1e-6}", (2, 3, 4), (2, 3, 4)),
        Example("rmsnorm", (8,), (8,)),
        Example("rmsnorm: {over: H}", (2, 3, 4), "E104"),
    )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        return {"weight": TensorSpec(arriving[:1] if self.over == "C" else arriving, fill=1.0)}

    def together(self, arriving: Shape) -> Shape:
        """The sizes of the axes whose values are normalised together."""
        return arriving if self.over == "all" else arriving[:1]

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        sizes = self.together(arriving)
        squares = over("square_sum", 0, (*whole(sizes), *cells(place[len(sizes) :])))
        parts = {"x": at(0, place), "squares": squares, "count": number(prod(sizes)), "eps": number(self.eps)}
        parts["weight"] = at("weight", place[: len(sizes)])
        return Explanation("x / sqrt(squares / count + eps) * weight", parts)

    def root(self, x: Array) -> Array:
        """sqrt(mean(x*x) + eps), to divide a batch x (N, C, ...) by."""
        import numpy as np

        axes = tuple(range(1, 1 + len(self.together(x.shape[1:]))))
        return np.asarray(np.sqrt(np.square(x).mean(axis=axes, keepdims=True) + self.eps))

    def forward(self, x: Array, *, weight: Array) -> Array:
        return x / self.root(x) * along(weight, x)

    def vjp(self, x: Array, *, weight: Array) -> tuple[Array, Pullback]:
        root = self.root(x)
        axes = tuple(range(1, 1 + weight.ndim))
        shared = (0, *range(1 + weight.ndim, x.ndim))

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            standard = x / root
            by_weight = (dy * standard).sum(axis=shared)
            dy *= along(weight, x)
            dy -= standard * (dy * standard).mean(axis=axes, keepdims=True)
            dy /= root
            return (dy,), {"weight": by_weight}

        # In place, so that the values stay in the order in which x has them.
        y = x / root
        y *= along(weight, x)
        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        roots = prod(arriving) // prod(self.together(arriving))
        return SavedForBackward(inputs=True, own=FLOAT * roots)
