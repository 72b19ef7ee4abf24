"""Reshape: the same values in the same order, read as another size.

Values are in C, H, W order, as in `flatten`. With `C` alone the output is a vector, with `C`, `H` and `W` an
image; their product must be the number of values that arrive.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from ..diagnostics import Issue
from ..graph.layer import Count, Example, LayerError
from ..graph.shape import Shape, times
from ..graph.together import both_or_neither
from ._reading import Reading


class Reshape(Reading):
    """The arriving values as an image C x H x W, or as a vector of C."""

    zh: ClassVar[str] = "把送来的数排成 C x H x W 的图像，或长度为 C 的向量。"
    C: Count = Field(description="depth, or the vector's length")
    H: Count | None = Field(None, description="rows; without H and W the output is a vector")
    W: Count | None = Field(None, description="columns")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("reshape: {C: 8, H: 2, W: 1}", (4, 2, 2), (8, 2, 1)),
        Example("reshape: {C: C*H*W}", (4, 2, 2), (16,)),
        Example("reshape: {C: C/4, H: 2, W: 2}", (12,), (3, 2, 2)),
        Example("reshape: {C: 5, H: 2, W: 2}", (4, 2, 2), "E207"),
        Example("reshape: {C: 4, H: 4}", (4, 2, 2), "E104"),
    )

    model_config = ConfigDict(json_schema_extra=both_or_neither("H", "W"))

    @model_validator(mode="after")
    def rows_and_columns(self) -> Self:
        if (self.H is None) != (self.W is None):
            raise ValueError("give both H and W for an image, neither for a vector")
        return self

    @property
    def shape(self) -> Shape:
        return (self.C,) if self.H is None or self.W is None else (self.C, self.H, self.W)

    def output(self, arriving: Shape) -> Shape:
        have, want = prod(arriving), prod(self.shape)
        if have != want:
            rest = want // self.C
            raise LayerError(
                Issue(
                    "E207",
                    f"{{layer}} cannot make {times(self.shape)} of {times(arriving)}",
                    field="C",
                    why=f"{times(arriving).replace('x', '*')} = {have:,} values, but "
                    f"{times(self.shape).replace('x', '*')} = {want:,}",
                    help=f"`C: {have // rest}`" if have % rest == 0 else "sizes with the same product",
                    shows_input=True,
                )
            )
        return self.shape
