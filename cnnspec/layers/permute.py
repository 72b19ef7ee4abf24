"""Permute: the image's axes in another order.

`order` lists the arriving axes as the output has them: `[H, W, C]` makes an output whose depth was the rows,
whose rows were the columns and whose columns were the channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator

from ..graph.layer import Example, image
from ..graph.receptive_field import IDENTITY, NOT_SPATIAL, ReceptiveFields
from ..graph.shape import Shape
from ._moving import Moving

if TYPE_CHECKING:
    from ..graph.array import Array

Axis = Literal["C", "H", "W"]


class Permute(Moving):
    """The same values with their axes in another order."""

    zh: ClassVar[str] = "数不变，只把轴换一个顺序。"
    order: tuple[Axis, Axis, Axis] = Field(
        description="the arriving axes in the output's order: `[H, W, C]`", json_schema_extra={"uniqueItems": True}
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example("permute: {order: [H, W, C]}", (2, 3, 4), (3, 4, 2)),
        Example("permute: {order: [C, W, H]}", (2, 3, 4), (2, 4, 3)),
        Example("permute: {order: [C, H, W]}", (2, 3, 4), (2, 3, 4)),
        Example("permute: {order: [W, C, H]}", (5,), "E204"),
        Example("permute: {order: [H, H, C]}", (2, 3, 4), "E104"),
    )

    @field_validator("order")
    @classmethod
    def each_once(cls, order: tuple[Axis, Axis, Axis]) -> tuple[Axis, Axis, Axis]:
        if len(set(order)) < len(order):
            raise ValueError("names each of C, H and W once")
        return order

    @property
    def axes(self) -> tuple[int, ...]:
        """Index of each arriving axis, in the output's order."""
        return tuple("CHW".index(axis) for axis in self.order)

    def output(self, arriving: Shape) -> Shape:
        arriving = image(arriving)
        return tuple(arriving[axis] for axis in self.axes)

    @property
    def keeps_places(self) -> bool:
        return self.order == ("C", "H", "W")

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        return (IDENTITY, IDENTITY) if self.keeps_places else NOT_SPATIAL

    def source(self, place: Shape, arriving: Shape) -> Shape:
        return tuple(place[self.axes.index(axis)] for axis in range(3))

    def seen(self, x: Array) -> Array:
        return x.transpose(0, *(1 + axis for axis in self.axes))
