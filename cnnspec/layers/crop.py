"""Cropping: rows and columns cut off the image's sides, or cells cut off along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..diagnostics import Issue
from ..graph.layer import Example, LayerError
from ..graph.receptive_field import ReceptiveFields
from ..graph.shape import Shape
from ._edges import Edges, inside
from ._moving import Moving

if TYPE_CHECKING:
    from ..graph.array import Array


class Crop(Edges, Moving):
    """What is left after cells are cut off at the sides, or before and after along an axis."""

    zh: ClassVar[str] = "切掉图像的边缘，或沿一个轴切掉开头和结尾，留下其余的部分。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("crop: {top: 1, bottom: 1, left: 2}", (2, 4, 5), (2, 2, 3)),
        Example("crop: {axis: C, before: 1, after: C/2}", (4, 3, 3), (1, 3, 3)),
        Example("crop: {axis: C, after: 2}", (5,), (3,)),
        Example("crop: {top: 1}", (5,), "E204"),
        Example("crop: {top: 2, bottom: 2}", (2, 4, 5), "E207"),
        Example("crop: {left: 1, axis: C, after: 1}", (2, 4, 5), "E104"),
    )

    def output(self, arriving: Shape) -> Shape:
        widths = self.widths(arriving)
        for axis, size, (before, after) in zip("CHW", arriving, widths, strict=False):
            if before + after >= size:
                raise LayerError(
                    Issue(
                        "E207",
                        f"{{layer}} leaves nothing of {axis}",
                        label=f"{axis} = {size} arrives",
                        why=f"{size} - {before} - {after} = {size - before - after} < 1",
                        help=f"cut off {size - 1} at most",
                        shows_input=True,
                    )
                )
        return tuple(size - before - after for size, (before, after) in zip(arriving, widths, strict=True))

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        return self.offset(arriving, 1)

    def source(self, place: Shape, arriving: Shape) -> Shape:
        return tuple(i + before for i, (before, _) in zip(place, self.widths(arriving), strict=True))

    def seen(self, x: Array) -> Array:
        return inside(x, self.widths(x.shape[1:]))
