"""Scaling and shifting each channel: layers that do it, and layers whose weights can take it over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..graph.layer import Family, Layer
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array


def along(values: Array, x: Array) -> Array:
    """`values`, one a channel (C,) or one a place (C, H, W), shaped to multiply a batch x (N, C, ...)."""
    return values.reshape(*values.shape, *(1,) * (x.ndim - 1 - values.ndim))


def by_channel(x: Array) -> Array:
    """The sums over each channel (C,) of a batch x (N, C, ...): the adjoint of `along`."""
    from ..kernels.channels_last import cells, cells_total

    return cells_total(cells(x if x.ndim == 4 else x[:, :, None, None]))


class Affine(Pointwise):
    """y = x*factor + offset with one factor and one offset a channel, once its tensors are given."""

    family: ClassVar[Family] = "normalization"

    def line(self, *_: Any, **tensors: Any) -> tuple[Array, Array]:
        """(factor, offset), each (C,), of the layer's tensors."""
        raise NotImplementedError

    def forward(self, x: Array, **tensors: Array) -> Array:
        factor, offset = self.line(**tensors)
        y = x * along(factor, x)
        y += along(offset, x)
        return y


class Absorbs(Layer):
    """A layer with a weight (K, ...) and a bias (K,): it can do the work of an `Affine` that follows it."""

    def absorb(self, factor: Array, offset: Array, *, weight: Array, bias: Array | None = None) -> dict[str, Array]:
        """The tensors of the same layer with `bias: true` that gives y*factor + offset in place of y."""
        scaled = weight * factor.reshape(-1, *(1,) * (weight.ndim - 1))
        return {"weight": scaled, "bias": offset if bias is None else bias * factor + offset}
