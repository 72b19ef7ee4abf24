"""What the layers share that normalise by the arriving values themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..layer import Shape, Tensor
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class Norm(Pointwise):
    """(x - mean) / sqrt(var + eps), the mean and the variance taken over some of the arriving values.

    The statistics that cells share are not counted into what a cell looks at, as a gate's are not.
    """

    eps: float = Field(1e-5, ge=0, description="added to the variance, keeps the root off 0")

    def tensors(self, arriving: Shape) -> dict[str, Tensor]:
        return {"weight": Tensor(arriving[:1], fill=1.0), "bias": Tensor(arriving[:1])}

    def standard(self, x: Array, axes: tuple[int, ...]) -> Array:
        """x at mean 0 and variance 1 over `axes`; the variance is divided by the count, not count - 1."""
        import numpy as np

        apart = x - x.mean(axis=axes, keepdims=True)
        variance = np.square(apart).mean(axis=axes, keepdims=True)
        return np.asarray(apart / np.sqrt(variance + self.eps))
