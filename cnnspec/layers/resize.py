"""Resizing: an image of other height and width, by copying cells or by mixing those that are near.

    to        the new size, such as that of an earlier layer: `to: [stem.H, stem.W]`
    factor    how many times as large; what is left of a cell is dropped

Where the cells of the new image lie in the old one:

    half-pixel       cells are areas, whose edges fall together: i -> (i + 1/2)/factor - 1/2
    align-corners    the first and the last cells fall together: i -> i(W - 1)/(to - 1)
    asymmetric       the first cells do: i -> i/factor

Beyond its edge the image goes on as its last cell, or with `outside: none` what lies there does not count. PyTorch's
`nearest` is `{place: asymmetric, near: floor}`; its antialiased modes have `outside: none`, and a cubic `a` of -0.5.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from ..diagnostics import Issue
from ..graph.explanation import Explanation, Part, Read, copied
from ..graph.layer import Example, Family, Layer, LayerError, Pair, SavedForBackward, both, image
from ..graph.receptive_field import ReceptiveFields, periodic
from ..graph.resampling import Mode, Near, Outside, Place, ResampledAxis, resampled
from ..graph.shape import Shape, times
from ..graph.together import given
from ..graph.window import AxisRange

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


Factor = Annotated[float, Field(gt=0)]
Factors = Annotated[tuple[Factor, Factor], BeforeValidator(both)]


class Resize(Layer):
    """An image of another size, its cells copied or mixed."""

    zh: ClassVar[str] = "把图像变成另一个大小，格子复制或混合。"
    family: ClassVar[Family] = "moving"
    to: Pair | None = Field(None, description="the new size: `7`, or `[rows, columns]`")
    factor: Factors | None = Field(None, description="how many times as large: `1.5`, or `[rows, columns]`")
    mode: Mode = Field("nearest", description="`nearest`, `bilinear` or `cubic`")
    place: Place = Field("half-pixel", description="`half-pixel`, `align-corners` or `asymmetric`")
    near: Near = Field("round-half-down", description="how `nearest` takes a place for a cell")
    a: float = Field(-0.75, description="the bend of `cubic`: -0.75, or -0.5 as Keys has it")
    outside: Outside = Field("edge", description="what lies beyond the image: its `edge`, or `none`")
    antialias: bool = Field(False, description="an image that shrinks is mixed of all its cells")

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("to"), given("factor")]})
    examples: ClassVar[tuple[Example, ...]] = (
        Example("resize: {to: 7, mode: bilinear}", (2, 3, 4), (2, 7, 7)),
        Example("resize: {to: [5, 7]}", (2, 3, 4), (2, 5, 7)),
        Example("resize: {to: [5, 7], mode: bilinear, place: align-corners}", (2, 3, 4), (2, 5, 7)),
        Example("resize: {factor: 1.5, mode: cubic, place: asymmetric}", (2, 3, 4), (2, 4, 6)),
        Example("resize: {factor: 0.5, place: asymmetric, near: floor}", (2, 5, 4), (2, 2, 2)),
        Example("resize: {to: [3, 2], mode: bilinear, antialias: true}", (2, 7, 5), (2, 3, 2)),
        Example("resize: {to: [3, 2], mode: cubic, a: -0.5, antialias: true, outside: none}", (2, 7, 5), (2, 3, 2)),
        Example("resize: {to: [2, 7], mode: cubic, place: align-corners, outside: none}", (2, 5, 4), (2, 2, 7)),
        Example("resize: {to: 1, place: align-corners, near: ceil}", (2, 5, 4), (2, 1, 1)),
        Example("resize: {to: 3}", (5,), "E204"),
        Example("resize: {factor: 0.1}", (2, 3, 4), "E207"),
        Example("resize: {mode: bilinear}", (2, 3, 4), "E104"),
        Example("resize: {to: 3, factor: 2}", (2, 3, 4), "E104"),
    )

    @model_validator(mode="after")
    def has_one_size(self) -> Self:
        if self.to is None and self.factor is None:
            raise ValueError("it needs one of `to` and `factor`")
        if self.to is not None and self.factor is not None:
            raise ValueError("it takes only one of `to` and `factor`")
        return self

    def output(self, arriving: Shape) -> Shape:
        C, H, W = image(arriving)
        rows, columns = self.size((H, W))
        if min(rows, columns) < 1:
            raise LayerError(
                Issue(
                    "E207",
                    "{layer} takes nothing",
                    field="factor",
                    label=f"{rows}x{columns} would be left",
                    why=f"{times(arriving)} arrives, and rounded down a side has no cell",
                    help=f"a factor of 1/{min(H, W)} at least, or `to`",
                    shows_input=True,
                )
            )
        return (C, rows, columns)

    def size(self, arriving: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the new image."""
        if self.to is not None:
            return self.to
        assert self.factors is not None
        rows, columns = (int(size * factor) for size, factor in zip(arriving, self.factors, strict=True))
        return rows, columns

    @property
    def factors(self) -> tuple[Fraction, Fraction] | None:
        """`factor` as it is written."""
        return None if self.factor is None else (Fraction(str(self.factor[0])), Fraction(str(self.factor[1])))

    def axes(self, arriving: Shape) -> tuple[ResampledAxis, ResampledAxis]:
        """Rows and columns of an arriving image."""
        old, new = arriving[1:], self.output(arriving)[1:]
        rows, columns = (self.axis(*of) for of in zip(old, new, self.factors or (None, None), strict=True))
        return rows, columns

    def axis(self, size: int, out: int, factor: Fraction | None) -> ResampledAxis:
        step, start = resampled(size, out, factor, self.place)
        return ResampledAxis(size, out, step, start, self.mode, self.near, self.a, self.outside, self.antialias)

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        rows, columns = (
            periodic(axis.step.denominator, axis.step.numerator, axis.span) for axis in self.axes(arriving)
        )
        return rows, columns

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        mixed = [axis.mixture(i) for axis, i in zip(self.axes(arriving), place[1:], strict=True)]
        if self.mode == "nearest":
            return copied((place[0], *(cells.first for cells in mixed)))
        read = Read(0, (AxisRange(place[0]), *(AxisRange(first, 1, len(shares)) for first, shares in mixed)))
        return Explanation("sum", {"sum": Part("dot", read, shares=((1.0,), *(shares for _, shares in mixed)))})

    def forward(self, x: Array) -> Array:
        from ..kernels.reference.resampling import mixed

        rows, columns = self.axes(x.shape[1:])
        # Along axes 1 and 2 of (N, H, W, C), so that neighbours in memory stay together.
        return mixed(mixed(x.transpose(0, 2, 3, 1), 1, rows), 2, columns).transpose(0, 3, 1, 2)

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.reference.resampling import mixed_adjoint

        rows, columns = self.axes(x.shape[1:])

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            dx = mixed_adjoint(mixed_adjoint(dy.transpose(0, 2, 3, 1), 2, columns), 1, rows)
            return (dx.transpose(0, 3, 1, 2),), {}

        return self.forward(x), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
