"""What softmax and its logarithm share: the axis along which each value is weighed against the others."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Part, at, over
from ..graph.layer import Family, SavedForBackward, image
from ..graph.shape import Shape, axis_index
from ..graph.window import AxisRange
from ._pointwise import Pointwise


class AlongAxis(Pointwise):
    """Scores along one axis, C by default: then each place has its own."""

    family: ClassVar[Family] = "output"
    axis: Literal["C", "H", "W"] = Field("C", description="the axis: C, H or W")

    @property
    def index(self) -> int:
        """Of the axis in (N, C, H, W)."""
        return axis_index(self.axis)

    @property
    def part_of_loss(self) -> str:
        """Classes are along C."""
        return "cross_entropy" if self.axis == "C" else ""

    def output(self, arriving: Shape) -> Shape:
        return arriving if self.axis == "C" else image(arriving)

    def scores(self, place: Shape, arriving: Shape) -> dict[str, Part]:
        """The value at a place, the largest along its axis, and the sum of exp of what they fall short of that."""
        axis = self.index - 1
        own = tuple(AxisRange(0, 1, size) if i == axis else AxisRange(place[i]) for i, size in enumerate(arriving))
        return {"x": at(0, place), "largest": over("largest", 0, own), "total": over("exp_sum", 0, own)}

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(output=True)
