"""Padding: rows and columns around the image, or cells along one axis, with a `value` or with copies of the image.

    constant    each new cell is `value`, 0 by default
    reflect     the image mirrored at its edge, whose cells are not repeated:  c b | a b c d | c b
    edge        the cells at the edge repeated:                                a a | a b c d | d d
    wrap        the image as if it began anew:                                 c d | a b c d | a b

Windows have their own padding, `P`. This is for cells that stay, such as the channels that the shortcuts of a
CIFAR residual network lack: `pad: {axis: C, before: C/2, after: C/2}`.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from ..diagnostics import Issue
from ..graph.explanation import Explanation, Part, at, copied, number
from ..graph.layer import Example, Family, LayerError, SavedForBackward
from ..graph.receptive_field import ReceptiveFields
from ..graph.shape import Shape
from ..graph.together import excludes, having
from ._edges import ONE_WAY, Edges, inside

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback

Mode = Literal["constant", "reflect", "edge", "wrap"]
Copies = list[tuple[slice, slice]]
"""Of one axis: cells of the output, and the arriving cells that they copy, as many or a single one."""


class Pad(Edges):
    """Cells around the image, or before and after along an axis: a fixed value, or copies of the image's own."""

    zh: ClassVar[str] = "在图像四周补上格子，或沿一个轴在开头和结尾补上：固定的数，或图像自己的数。"
    family: ClassVar[Family] = "moving"
    mode: Mode = Field("constant", description="`constant`, `reflect`, `edge` or `wrap`")
    value: float = Field(0.0, description="what the new cells hold, with the mode `constant`")

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                *ONE_WAY,
                excludes(
                    having("value", {"type": "number", "not": {"const": 0}}),
                    having("mode", {"enum": ["reflect", "edge", "wrap"]}),
                ),
            ]
        }
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("pad: {top: 1, left: 2}", (2, 3, 4), (2, 4, 6)),
        Example("pad: {axis: C, before: C/2, after: C/2}", (4, 3, 3), (8, 3, 3)),
        Example("pad: {axis: W, after: 3}", (2, 3, 4), (2, 3, 7)),
        Example("pad: {axis: C, after: 3}", (5,), (8,)),
        Example("pad: {top: 1, left: 2, value: -1.5}", (2, 3, 4), (2, 4, 6)),
        Example("pad: {top: 2, bottom: 1, left: 3, mode: reflect}", (2, 3, 4), (2, 6, 7)),
        Example("pad: {top: 2, right: 5, mode: edge}", (2, 3, 4), (2, 5, 9)),
        Example("pad: {top: 3, left: 1, right: 2, mode: wrap}", (2, 3, 4), (2, 6, 7)),
        Example("pad: {axis: C, before: 1, after: 2, mode: reflect}", (3,), (6,)),
        Example("pad: {bottom: 3, mode: reflect}", (2, 3, 4), "E207"),
        Example("pad: {right: 5, mode: wrap}", (2, 3, 4), "E207"),
        Example("pad: {top: 1, mode: edge, value: 2}", (2, 3, 4), "E104"),
        Example("pad: {bottom: 1}", (5,), "E204"),
        Example("pad: {top: 1, axis: C, after: 2}", (2, 3, 4), "E104"),
        Example("pad: {after: 2}", (2, 3, 4), "E104"),
    )

    @model_validator(mode="after")
    def value_is_constant(self) -> Self:
        if self.value and self.mode != "constant":
            raise ValueError("a `value` goes with the mode `constant`")
        return self

    def output(self, arriving: Shape) -> Shape:
        widths = self.widths(arriving)
        for axis, size, width in zip("CHW", arriving, widths, strict=False):
            most = {"reflect": size - 1, "wrap": size}.get(self.mode)
            if most is not None and max(width) > most:
                raise LayerError(self.too_wide(axis, size, max(width), most))
        return tuple(size + before + after for size, (before, after) in zip(arriving, widths, strict=True))

    def too_wide(self, axis: str, size: int, width: int, most: int) -> Issue:
        return Issue(
            "E207",
            "{layer} takes cells that are not there",
            field="mode",
            label=f"{axis} = {size} arrives",
            why=f"`{self.mode}` has {most} cells to copy on each side; here {width} are wanted",
            help=f"at most {most} cells a side, or `mode: edge`",
            shows_input=True,
        )

    def copies(self, arriving: Shape) -> list[Copies]:
        """Of each axis, which cells of the output copy which arriving ones; others, of the mode `constant`, none."""
        found: list[Copies] = []
        for size, (before, after) in zip(arriving, self.widths(arriving), strict=True):
            middle, end = slice(before, before + size), before + size + after
            ahead, behind = slice(before), slice(before + size, end)
            parts: Copies = [(middle, slice(size))]
            if self.mode == "reflect":
                last = size - 2 - after
                parts += [(ahead, slice(before, 0, -1)), (behind, slice(size - 2, last if last >= 0 else None, -1))]
            elif self.mode == "edge":
                parts += [(ahead, slice(1)), (behind, slice(size - 1, size))]
            elif self.mode == "wrap":
                parts += [(ahead, slice(size - before, size)), (behind, slice(after))]
            found.append([part for part in parts if part[0].start != part[0].stop and part[0] != slice(0)])
        return found

    def source(self, i: int, size: int, before: int) -> int:
        """The arriving cell of an axis of `size` that cell i of the output copies; beside the axis there is none."""
        cell = i - before
        if self.mode == "reflect":
            return -cell if cell < 0 else min(cell, 2 * (size - 1) - cell)
        if self.mode == "edge":
            return min(max(cell, 0), size - 1)
        return cell % size if self.mode == "wrap" else cell

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        """Of the image's own cells; what copies of them look at is left out, as padding is."""
        return self.offset(arriving, -1)

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        widths = self.widths(arriving)
        source = tuple(
            self.source(i, size, before) for i, size, (before, _) in zip(place, arriving, widths, strict=True)
        )
        if not self.value:
            return copied(source)
        axes = zip(("channel", "row", "column"), source, arriving, widths, strict=False)
        parts: dict[str, Part] = {
            f"own_{axis}": number(0 <= cell < size) for axis, cell, size, width in axes if any(width)
        }
        if not parts:
            return copied(source)
        own = " * ".join(parts)
        return Explanation(f"x + value * (1 - {own})", {"x": at(0, source), "value": number(self.value)} | parts)

    def forward(self, x: Array) -> Array:
        from ..kernels.channels_last import zeros

        arriving = x.shape[1:]
        y = zeros((len(x), *self.output(arriving)), x.dtype)
        if self.value:
            y += self.value
        for parts in product(*self.copies(arriving)):
            to, of = zip(*parts, strict=True)
            y[:, *to] = x[:, *of]
        return y

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        arriving = x.shape[1:]
        _, *copied = product(*self.copies(arriving))
        widths = self.widths(arriving)

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            dx = inside(dy, widths)
            for parts in copied:
                to, of = zip(*parts, strict=True)
                part, seen = dy[:, *to], dx[:, *of]
                several = tuple(a for a, (n, m) in enumerate(zip(part.shape, seen.shape, strict=True)) if n != m)
                seen += part.sum(axis=several, keepdims=True) if several else part
            return (dx,), {}

        return self.forward(x), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
