"""What `pad` and `crop` share: how many cells at which edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from ..graph.layer import Layer, Natural, image
from ..graph.receptive_field import NOT_SPATIAL, ReceptiveFields, offset
from ..graph.shape import Shape, is_image
from ..graph.together import POSITIVE, excludes, given, having, implies

if TYPE_CHECKING:
    from ..graph.array import Array

Widths = tuple[tuple[int, int], ...]


ONE_WAY: list[JsonValue] = [
    *(implies(having(field, POSITIVE), given("axis")) for field in ("before", "after")),
    *(excludes(given("axis"), having(side, POSITIVE)) for side in ("top", "bottom", "left", "right")),
]
"""What the schema says of the fields: sides, or an axis."""


class Edges(Layer):
    """Cells at the sides of the image, or before and after along one axis."""

    top: Natural = Field(0, description="rows at the top")
    bottom: Natural = Field(0, description="rows at the bottom")
    left: Natural = Field(0, description="columns at the left")
    right: Natural = Field(0, description="columns at the right")
    axis: Literal["C", "H", "W"] | None = Field(None, description="or: an axis, for `before` and `after`")
    before: Natural = Field(0, description="cells before the axis' first")
    after: Natural = Field(0, description="cells after the axis' last")

    model_config = ConfigDict(json_schema_extra={"allOf": ONE_WAY})

    @model_validator(mode="after")
    def one_way(self) -> Self:
        if (self.before or self.after) and self.axis is None:
            raise ValueError("`before` and `after` need an `axis`: C, H or W")
        if self.axis is not None and any((self.top, self.bottom, self.left, self.right)):
            raise ValueError("give top, bottom, left, right, or axis, before, after, not both")
        return self

    def widths(self, arriving: Shape) -> Widths:
        """(before, after) for each arriving axis, or raise `LayerError` for an axis that a vector lacks."""
        if self.axis == "C":
            return ((self.before, self.after), *((0, 0) for _ in arriving[1:]))
        image(arriving)
        if self.axis is not None:
            return tuple((self.before, self.after) if axis == self.axis else (0, 0) for axis in "CHW")
        return (0, 0), (self.top, self.bottom), (self.left, self.right)

    def offset(self, arriving: Shape, way: int) -> ReceptiveFields:
        """The reach of cells that lie `way` (1 or -1) times the cells before the first further on in the input."""
        if not is_image(arriving):
            return NOT_SPATIAL
        _, (top, _), (left, _) = self.widths(arriving)
        return offset(way * top), offset(way * left)


def inside(x: Array, widths: Widths) -> Array:
    """What is left of a batch x (N, C, ...), as a view, where so many cells (before, after) each axis are cut off."""
    return x[:, *(slice(before, size - after) for size, (before, after) in zip(x.shape[1:], widths, strict=True))]
