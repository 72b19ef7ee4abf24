"""Batch normalisation: each channel is brought to mean 0 and variance 1, then scaled and shifted as learned.

    y = (x - running_mean) / sqrt(running_var + eps) * weight + bias

In training the mean and variance are those of the batch, and the running ones follow them:
running = (1 - momentum)*running + momentum*batch. When running a network they are constants, so the layer is
a factor and an offset for each channel, which a convolution before it can absorb.

    weight, bias                C each, learned
    running_mean, running_var   C each, computed while training

Ioffe and Szegedy: "Batch Normalization", 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..layer import Example, Shape, Tensor
from ._affine import Affine

if TYPE_CHECKING:
    from ..layer import Array


class BatchNorm(Affine):
    """Each channel by its running mean and variance, then times weight plus bias."""

    eps: float = Field(1e-5, ge=0, description="added to the variance, keeps the root off 0")
    momentum: float = Field(
        0.1,
        ge=0,
        le=1,
        description="the batch's share in the running mean and variance (training only)",
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example("batchnorm", (3, 4, 5), (3, 4, 5)),
        Example("batchnorm: {eps: 1e-3, momentum: 0.01}", (2, 3, 3), (2, 3, 3)),
        Example("batchnorm", (8,), (8,)),
        Example("batchnorm: {eps: -1}", (3, 4, 5), "E104"),
    )

    def tensors(self, arriving: Shape) -> dict[str, Tensor]:
        shape = arriving[:1]
        return {
            "weight": Tensor(shape, fill=1.0),
            "bias": Tensor(shape),
            "running_mean": Tensor(shape, buffer=True),
            "running_var": Tensor(shape, fill=1.0, buffer=True),
        }

    def affine(self, *, weight: Array, bias: Array, running_mean: Array, running_var: Array) -> tuple[Array, Array]:
        import numpy as np

        factor = weight / np.sqrt(running_var + self.eps)
        return factor, bias - running_mean * factor
