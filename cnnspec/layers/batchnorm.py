"""Batch normalisation: each channel is brought to mean 0 and variance 1, then scaled and shifted as learned.

    y = (x - running_mean) / sqrt(running_var + eps) * weight + bias

In training the mean and variance are those of the batch, and the running ones follow them:
running = (1 - momentum)*running + momentum*batch. When running a network they are constants, so the layer is
a factor and an offset for each channel, which a convolution before it can absorb. With `affine: false` there is no
weight and no bias.

    weight, bias                C each, learned
    running_mean, running_var   C each, computed while training

Ioffe and Szegedy: "Batch Normalization", 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.explanation import Explanation, at, number
from ..graph.layer import Example, SavedForBackward, TensorSpec, TrainingContext
from ..graph.shape import Shape
from ._affine import Affine

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback
    from ..kernels.training.batch_norm import BatchNormPullback


class BatchNorm(Affine):
    """Each channel by its running mean and variance, then times weight plus bias."""

    zh: ClassVar[str] = "每个通道先减去记下的均值，再除以记下的标准差，然后乘以权重，加上偏置。"
    eps: float = Field(1e-5, ge=0, description="added to the variance, keeps the root off 0")
    momentum: float = Field(
        0.1,
        ge=0,
        le=1,
        description="the batch's share in the running mean and variance (training only)",
    )
    affine: bool = Field(True, description="times a learned weight, plus a learned bias")

    normalizes_batch: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("batchnorm", (3, 4, 5), (3, 4, 5)),
        Example("batchnorm: {eps: 1e-3, momentum: 0.01}", (2, 3, 3), (2, 3, 3)),
        Example("batchnorm", (8,), (8,)),
        Example("batchnorm: {affine: false}", (3, 4, 5), (3, 4, 5)),
        Example("batchnorm: {eps: -1}", (3, 4, 5), "E104"),
    )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        shape = arriving[:1]
        learned = {"weight": TensorSpec(shape, fill=1.0), "bias": TensorSpec(shape)} if self.affine else {}
        return learned | {
            "running_mean": TensorSpec(shape, buffer=True),
            "running_var": TensorSpec(shape, fill=1.0, buffer=True),
        }

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        own = {"mean": at("running_mean", place[:1]), "var": at("running_var", place[:1])}
        parts = {"x": at(0, place), "eps": number(self.eps)} | own
        if not self.affine:
            return Explanation("(x - mean) / sqrt(var + eps)", parts)
        parts |= {"weight": at("weight", place[:1]), "bias": at("bias", place[:1])}
        return Explanation("(x - mean) / sqrt(var + eps) * weight + bias", parts)

    def line(self, *, running_mean: Array, running_var: Array, **learned: Array) -> tuple[Array, Array]:
        import numpy as np

        weight, bias = _learned(running_mean, **learned)
        factor = weight / np.sqrt(running_var + self.eps)
        return factor, bias - running_mean * factor

    def vjp(self, x: Array, *, running_mean: Array, running_var: Array, **learned: Array) -> tuple[Array, Pullback]:
        from ..kernels.training.batch_norm import Statistics, normalise

        running = Statistics(running_mean, running_var, 0)
        weight, bias = _learned(running_mean, **learned)
        return self._pull(*normalise(_cells(x), weight, bias, running, self.eps, None), x.ndim)

    def vjp_training(
        self, context: TrainingContext, x: Array, *, running_mean: Array, running_var: Array, **learned: Array
    ) -> tuple[Array, Pullback]:
        from ..kernels.training.batch_norm import normalise, statistics

        flat = _cells(x)
        batch = statistics(flat, context.all_reduce)
        share = self.momentum
        mean = (1 - share) * running_mean + share * batch.mean
        var = (1 - share) * running_var + share * batch.unbiased
        context.update_buffers(running_mean=mean.astype(running_mean.dtype), running_var=var.astype(running_var.dtype))
        weight, bias = _learned(running_mean, **learned)
        return self._pull(*normalise(flat, weight, bias, batch, self.eps, context.all_reduce), x.ndim)

    def _pull(self, y: Array, back: BatchNormPullback, ndim: int) -> tuple[Array, Pullback]:
        """The output and the way back in the shape that arrived."""
        from ..kernels.channels_last import image

        def shaped(y: Array) -> Array:
            return image(y) if ndim == 4 else y[:, 0, 0]

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            dx, dweight, dbias = back(_cells(dy))
            return (shaped(dx),), {"weight": dweight, "bias": dbias} if self.affine else {}

        return shaped(y), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)


def _cells(x: Array) -> Array:
    """An image as (N, H, W, C), a vector as (N, 1, 1, C)."""
    from ..kernels.channels_last import cells

    return cells(x if x.ndim == 4 else x[:, :, None, None])


def _learned(mean: Array, weight: Array | None = None, bias: Array | None = None) -> tuple[Array, Array]:
    """Weight and bias; 1 and 0 stand for none."""
    import numpy as np

    return (np.ones_like(mean), np.zeros_like(mean)) if weight is None or bias is None else (weight, bias)
