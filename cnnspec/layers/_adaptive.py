"""What adaptive pooling shares: bins that are laid so that the output has a size of your choice."""

from __future__ import annotations

from math import gcd
from typing import ClassVar

from pydantic import Field

from ..graph.layer import Family, Layer, Pair, image
from ..graph.receptive_field import NOT_SPATIAL, ReceptiveField, ReceptiveFields, periodic
from ..graph.shape import Shape
from ..graph.window import AxisRange, bin_of


class Adaptive(Layer):
    """A value for each bin of each channel."""

    family: ClassVar[Family] = "pooling"
    out: Pair = Field(description="output size: `7`, or `[rows, columns]`")

    def output(self, arriving: Shape) -> Shape:
        C, _, _ = image(arriving)
        return (C, *self.out)

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        if self.out == (1, 1):
            return NOT_SPATIAL
        rows, columns = map(binned, arriving[1:], self.out)
        return rows, columns

    def bin(self, place: Shape, arriving: Shape) -> tuple[AxisRange, ...]:
        """The cells of the bin at a place."""
        bins = (bin_of(*sizes) for sizes in zip(arriving[1:], self.out, place[1:], strict=True))
        return AxisRange(place[0]), *(AxisRange(first, 1, end - first) for first, end in bins)


def binned(size: int, out: int) -> ReceptiveField | None:
    """The bins of an axis. Their pattern repeats as often as the greatest common divisor says."""
    repeats = gcd(size, out)

    def span(i: int) -> tuple[int, int]:
        first, end = bin_of(size, out, i)
        return first, end - 1

    return periodic(out // repeats, size // repeats, span)
