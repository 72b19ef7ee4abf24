"""What joins share that combine branches value by value: shapes that agree, or gates that weigh an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.explanation import Part, at
from ..graph.layer import Join, LayerError
from ..graph.shape import Shape, is_image
from ._branches import projection, unequal

if TYPE_CHECKING:
    from ..graph.array import Array


class Combining(Join):
    """Two or more branches of one shape."""

    def output(self, *arriving: Shape) -> Shape:
        first = arriving[0]
        for other in arriving:
            if other != first:
                cure = projection(first, other)
                raise LayerError(unequal(self.kind, arriving, arriving, f"`{self.kind}` never broadcasts", cure))
        return first

    def values(self, place: Shape, *arriving: Shape) -> dict[str, Part]:
        """x0, x1, ...: the value of each branch that is combined at a place."""
        return {f"x{i}": at(i, place) for i in range(len(arriving))}


class Gating(Combining):
    """Two or more branches of one shape, or an image and gates: C x 1 x 1, a value for each channel, or 1 x H x W, a
    value for each place."""

    def output(self, *arriving: Shape) -> Shape:
        whole = max(arriving, key=sizes)
        for other in arriving:
            if not is_gated(other, whole):
                rule = f"`{self.kind}` broadcasts nothing but gates of C x 1 x 1 or 1 x H x W"
                compared = [s for s in arriving if s == whole or not is_gated(s, whole)]
                raise LayerError(unequal(self.kind, arriving, compared, rule, self.cure(whole, other)))
        return whole

    def cure(self, shape: Shape, other: Shape) -> str:
        if not is_image(shape):
            return projection(shape, other)
        C = shape[0]
        return f"a gate of {C}x1x1: `globalavgpool`, then layers that end with {C} channels, no `flatten`"

    def values(self, place: Shape, *arriving: Shape) -> dict[str, Part]:
        whole = self.output(*arriving)
        return {f"x{i}": at(i, seen(place, shape, whole)) for i, shape in enumerate(arriving)}


def sizes(shape: Shape) -> tuple[int, int, int]:
    """Images before vectors, the one with most cells a channel first, then the deepest."""
    return len(shape), shape[-1] * shape[-2] if is_image(shape) else 0, shape[0]


def is_gated(gate: Shape, whole: Shape) -> bool:
    """Whether a branch has the shape of the image, or can weigh it."""
    return gate == whole or (is_image(whole) and gate in ((whole[0], 1, 1), (1, *whole[1:])))


def seen(place: Shape, gate: Shape, whole: Shape) -> Shape:
    """The place of the gate's value that weighs a place of the image."""
    return place if gate == whole else tuple(0 if size == 1 else i for i, size in zip(place, gate, strict=True))


def folded(dx: Array, x: Array) -> Array:
    """A gradient (N, C, H, W) by a gate x: summed over the values that the gate weighs."""
    axes = tuple(axis for axis, (own, size) in enumerate(zip(x.shape, dx.shape, strict=True)) if own != size)
    return dx.sum(axis=axes, keepdims=True) if axes else dx
