"""Resizing one axis: of which cells, and of how much of each, a cell of the new axis is made.

Cells of the new axis lie at places of the old one, whose cells lie at 0, 1, ...; cells near a place are weighed by how
far they are. Whole numbers and fractions only, so that equal sizes always give equal places.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Literal, NamedTuple

Mode = Literal["nearest", "bilinear", "cubic"]
Place = Literal["half-pixel", "align-corners", "asymmetric"]
Near = Literal["round-half-down", "round-half-up", "floor", "ceil"]
Outside = Literal["edge", "none"]

ROUNDING: dict[Near, Callable[[Fraction], int]] = {
    "round-half-down": lambda place: ceil(place - Fraction(1, 2)),
    "round-half-up": lambda place: floor(place + Fraction(1, 2)),
    "floor": floor,
    "ceil": ceil,
}
REACH = {"nearest": 0, "bilinear": 1, "cubic": 2}
"""How many cells away from a place the farthest cell lies that counts."""


class Mixture(NamedTuple):
    """Neighbouring cells of an axis, the first of them and the share of each; the shares add up to 1."""

    first: int
    shares: tuple[float, ...]


class ResampledAxis(NamedTuple):
    """`size` cells become `out`, `step` old cells apart; the first lies at `start`.

    `near` is how `nearest` rounds a place, `a` bends `cubic`. With `antialias` an axis that shrinks is weighed over as
    many cells as become one. What lies `outside` of the axis is as its edge, or counts for nothing.
    """

    size: int
    out: int
    step: Fraction
    start: Fraction
    mode: Mode = "nearest"
    near: Near = "round-half-down"
    a: float = -0.75
    outside: Outside = "edge"
    antialias: bool = False

    def place(self, i: int) -> Fraction:
        """Where cell i of the new axis lies."""
        return self.start + i * self.step

    def nearest(self, i: int) -> int:
        """The cell that a cell of the new axis copies, be it beyond the end."""
        return ROUNDING[self.near](self.place(i))

    def span(self, i: int) -> tuple[int, int]:
        """First and last cell that cell i is made of, those beside the axis included."""
        if self.mode == "nearest":
            cell = self.nearest(i)
            # A cell beside the axis stands for the first or the last one.
            return cell - (self.nearest(self.out - 1) >= self.size), cell + (self.nearest(0) < 0)
        place, reach = self.place(i), REACH[self.mode] * self.stretch
        if place == int(place) and self.stretch == 1:
            return int(place), int(place)  # whole cells away every curve is 0
        first, last = floor(place - reach) + 1, ceil(place + reach) - 1
        return first, max(first, last)

    @property
    def stretch(self) -> Fraction:
        """How many times as wide as usual the weights are."""
        return max(Fraction(1), self.step) if self.antialias else Fraction(1)

    def mixture(self, i: int) -> Mixture:
        """What cell i is made of."""
        if self.mode == "nearest":
            return Mixture(min(max(self.nearest(i), 0), self.size - 1), (1.0,))
        place, (first, last) = self.place(i), self.span(i)
        weight = triangle if self.mode == "bilinear" else self.cubic
        weights = {cell: weight(abs(float((cell - place) / self.stretch))) for cell in range(first, last + 1)}
        if self.outside == "none" and any(0 <= cell < self.size for cell in weights):
            weights = {cell: weight for cell, weight in weights.items() if 0 <= cell < self.size}
        total = sum(weights.values())
        shares: dict[int, float] = {}
        for cell, share in weights.items():
            inside = min(max(cell, 0), self.size - 1)
            shares[inside] = shares.get(inside, 0.0) + share / total
        return Mixture(min(shares), tuple(shares.values()))

    def cubic(self, far: float) -> float:
        """Keys' curve of third order: "Cubic Convolution Interpolation for Digital Image Processing", 1981."""
        a = self.a
        if far < 1:
            return ((a + 2) * far - (a + 3)) * far * far + 1
        return ((far - 5) * far + 8) * far * a - 4 * a


def triangle(far: float) -> float:
    return 1 - far


def resampled(size: int, out: int, factor: Fraction | None, place: Place) -> tuple[Fraction, Fraction]:
    """(step, start) of an axis: how far its new cells lie apart, and where the first lies. With a `factor` they are
    1/factor apart, else as `out` of them fill the axis."""
    if place == "align-corners":
        return (Fraction(size - 1, out - 1) if out > 1 else Fraction(1)), Fraction(0)
    step = Fraction(size, out) if factor is None else 1 / factor
    return step, (step - 1) / 2 if place == "half-pixel" else Fraction(0)
