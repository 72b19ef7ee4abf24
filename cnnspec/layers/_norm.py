"""What the layers share that normalise by the arriving values themselves."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import Explanation, at, number, over
from ..graph.layer import Family, SavedForBackward, TensorSpec
from ..graph.shape import FLOAT, Shape
from ..graph.window import AxisRange
from ._affine import along
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Norm(Pointwise):
    """(x - mean) / sqrt(var + eps) * weight + bias, the mean and the variance taken over some of the arriving values;
    with `affine: false` without weight and bias.

    The statistics that cells share are not counted into what a cell looks at, as a gate's are not.
    """

    family: ClassVar[Family] = "normalization"
    eps: float = Field(1e-5, ge=0, description="added to the variance, keeps the root off 0")
    affine: bool = Field(True, description="times a learned weight, plus a learned bias")

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        shape = self.weighed(arriving)
        return {"weight": TensorSpec(shape, fill=1.0), "bias": TensorSpec(shape)} if self.affine else {}

    def weighed(self, arriving: Shape) -> Shape:
        """The shape of weight and bias."""
        return arriving[:1]

    def parts(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, ...) such that those values are normalised together that lie along some axes, and these axes."""
        raise NotImplementedError

    def together(self, place: Shape, arriving: Shape) -> tuple[AxisRange, ...]:
        """The cells that the value at a place is normalised with."""
        raise NotImplementedError

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        together = self.together(place, arriving)
        parts = {
            "x": at(0, place),
            "mean": over("mean", 0, together),
            "var": over("variance", 0, together),
            "eps": number(self.eps),
        }
        if not self.affine:
            return Explanation("(x - mean) / sqrt(var + eps)", parts)
        own = place[: len(self.weighed(arriving))]
        parts |= {"weight": at("weight", own), "bias": at("bias", own)}
        return Explanation("(x - mean) / sqrt(var + eps) * weight + bias", parts)

    def forward(self, x: Array, **tensors: Array) -> Array:
        from ..kernels.reference.standardize import standardise

        standard = standardise(*self.parts(x), self.eps)[0].reshape(x.shape)
        return standard * along(tensors["weight"], x) + along(tensors["bias"], x) if self.affine else standard

    def vjp(self, x: Array, **tensors: Array) -> tuple[Array, Pullback]:
        from ..kernels.reference.standardize import standardise

        parts, axes = self.parts(x)
        standard, back = standardise(parts, axes, self.eps)
        factor = along(tensors["weight"], x) if self.affine else None
        shared = (0, *range(1 + len(self.weighed(x.shape[1:])), x.ndim))

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            learned = {}
            if factor is not None:
                learned["weight"] = (dy * standard.reshape(dy.shape)).sum(axis=shared)
                learned["bias"] = dy.sum(axis=shared)
                dy *= factor
            return (back(dy.reshape(standard.shape)).reshape(dy.shape),), learned

        # In place, so that the values stay in the order in which x has them.
        y = standard.reshape(x.shape).copy("K")
        if factor is not None:
            y *= factor
            y += along(tensors["bias"], x)
        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(own=FLOAT * (prod(arriving) + self.divisors(arriving)))

    def divisors(self, arriving: Shape) -> int:
        """How many parts of an image are normalised each by itself."""
        raise NotImplementedError
