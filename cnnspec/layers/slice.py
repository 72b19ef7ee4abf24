"""A slice: the cells `from` up to, but without, `to` along one axis, counted from 0.

Channels by default, so `slice: {to: C/2}` is the first half of the channels. With a `step` of 2 it takes every other
cell, and so on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..diagnostics import Issue
from ..graph.layer import Count, Example, LayerError, Natural, image
from ..graph.receptive_field import IDENTITY, ReceptiveFields, periodic
from ..graph.shape import Shape, axis_index
from ._moving import Moving

if TYPE_CHECKING:
    from ..graph.array import Array


class Slice(Moving):
    """Cells from `from` up to, but without, `to` along an axis, each or every so many."""

    zh: ClassVar[str] = "沿一个轴取从 `from` 到 `to` 的部分，不包括 `to`，可以隔几个取一个。"
    axis: Literal["C", "H", "W"] = Field("C", description="the axis: C, H or W")
    first: Natural = Field(0, alias="from", description="first cell, counted from 0")
    end: Count | None = Field(None, alias="to", description="the cell to stop before; else the axis' size")
    step: Count = Field(1, description="cells from one that is taken to the next")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("slice: {axis: C, from: 0, to: C/2}", (4, 3, 3), (2, 3, 3)),
        Example("slice: {from: C/2}", (4, 3, 3), (2, 3, 3)),
        Example("slice: {axis: W, from: 1, to: 3}", (2, 3, 4), (2, 3, 2)),
        Example("slice: {to: 3}", (5,), (3,)),
        Example("slice: {axis: H, from: 1, step: 2}", (2, 6, 3), (2, 3, 3)),
        Example("slice: {to: 5, step: 3}", (6, 2, 2), (2, 2, 2)),
        Example("slice: {axis: H, to: 1}", (5,), "E204"),
        Example("slice: {from: 3, to: 3}", (4, 3, 3), "E207"),
        Example("slice: {to: 9}", (4, 3, 3), "E207"),
    )

    def output(self, arriving: Shape) -> Shape:
        index = "CHW".index(self.axis)
        if index:
            image(arriving)
        size = arriving[index]
        first, end = self.bounds(size)
        if not first < end <= size:
            raise LayerError(
                Issue(
                    "E207",
                    "{layer} takes cells that are not there" if end > size else "{layer} takes nothing",
                    field="to" if end > size else "from",
                    label=f"{self.axis} = {size} arrives",
                    why=f"from < to <= {size} must hold; here from = {first}, to = {end}",
                    help=f"`to` is {size} at most" if end > size else f"`from` is {end - 1} at most",
                    shows_input=True,
                )
            )
        return (*arriving[:index], -(-(end - first) // self.step), *arriving[index + 1 :])

    def bounds(self, size: int) -> tuple[int, int]:
        """`from` and `to` on an axis of `size` cells."""
        return self.first, size if self.end is None else self.end

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        taken = periodic(1, self.step, lambda i: (self.first, self.first))
        return taken if self.axis == "H" else IDENTITY, taken if self.axis == "W" else IDENTITY

    def source(self, place: Shape, arriving: Shape) -> Shape:
        return tuple(
            self.first + i * self.step if axis == self.axis else i for i, axis in zip(place, "CHW", strict=False)
        )

    def seen(self, x: Array) -> Array:
        axis = axis_index(self.axis)
        return x[(slice(None),) * axis + (slice(*self.bounds(x.shape[axis]), self.step),)]
