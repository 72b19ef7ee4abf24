"""Transposed convolution: every cell of the image paints a filter's window, S cells apart; windows add up.

It is the adjoint of `conv`: where a convolution of the same F, S, P and D makes H cells out of more, this
makes the larger size out of H again. P cuts cells off the painted image's edges.

    output  K x ((H - 1)S - 2P + D(F - 1) + 1 + extra), in W likewise
    weight  C x K/G x FH x FW, bias K
    MACs    F*F*K/G for each of the input's values

`extra` adds rows at the bottom and columns at the right, to choose among the sizes from which a convolution
makes H. `P: same` is D(F - 1)/2 as in `conv`. `P: same-upper` gives H*S, as in TensorFlow and ONNX.
"""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from ..diagnostics import Issue
from ..graph.explanation import Explanation, Read, biased, dot
from ..graph.layer import Example, LayerError, Natural, Pair, TensorSpec, both
from ..graph.receptive_field import ReceptiveField, ReceptiveFields, periodic
from ..graph.shape import Shape
from ..graph.together import POSITIVE, excludes, having
from ..graph.window import AxisRange, SlidingWindow, transposed_size
from ._filters import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..graph.array import Array
    from ..kernels.training.convolution import ConvolutionKernels, ConvolutionPullback

Extra = Annotated[tuple[Natural, Natural], BeforeValidator(both)]


class Deconv(Filters):
    """K filters painted at each cell of the image, S cells apart: the adjoint of `conv`."""

    zh: ClassVar[str] = "转置卷积：在每个格子处按它的数值画上 K 个过滤器，相邻两处相隔 S 格；它是 `conv` 的伴随运算。"
    S: Pair = Field((1, 1), description="stride: distance between the windows of neighbouring cells")
    extra: Extra = Field((0, 0), description="more rows at the bottom, columns at the right; below S or D")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("deconv: {F: 2, K: 3, S: 2}", (4, 3, 5), (3, 6, 10)),
        Example("deconv: {F: 3, K: 2, S: 2, P: 1, extra: 1, bias: false}", (3, 4, 4), (2, 8, 8)),
        Example("deconv: {F: [3, 4], K: 4, S: [1, 3], P: {top: 1, left: 2}, G: 2}", (2, 4, 4), (4, 5, 11)),
        Example("deconv: {F: 3, K: 2, D: 2, S: 2, P: same}", (2, 4, 5), (2, 7, 9)),
        Example("deconv: {F: [2, 3], K: 2, D: [4, 3], S: [6, 2]}", (1, 4, 5), (2, 23, 15)),
        Example("deconv: {F: 3, K: 2, S: 2, P: same-upper}", (2, 4, 5), (2, 8, 10)),
        Example("deconv: {F: 1, K: 2, S: 2, P: same-upper}", (2, 3, 3), (2, 6, 6)),
        Example("deconv: {F: 2, K: 2, P: 2}", (1, 2, 2), "E203"),
        Example("deconv: {F: 4, K: 2, P: same}", (1, 4, 4), "E202"),
        Example("deconv: {F: 3, K: 4, G: 2}", (3, 4, 4), "E201"),
        Example("deconv: {F: 2, K: 4, S: 2, extra: 2}", (3, 4, 4), "E104"),
    )

    model_config = ConfigDict(
        json_schema_extra=excludes(
            having("P", {"const": "same-upper"}),
            having("extra", {"anyOf": [POSITIVE, {"type": "array", "contains": POSITIVE}]}),
        )
    )

    @field_validator("extra")
    @classmethod
    def within_a_step(cls, extra: tuple[int, int], info: ValidationInfo) -> tuple[int, int]:
        S, D = info.data.get("S"), info.data.get("D")
        if S and D and any(e and e >= max(s, d) for e, s, d in zip(extra, S, D, strict=True)):
            raise ValueError("must be less than S or D: a whole step more is one input cell more")
        if any(extra) and info.data.get("P") == "same-upper":
            raise ValueError("`P: same-upper` already says that the output is H*S")
        return extra

    def window(self, axis: int, size: int) -> SlidingWindow:
        """The convolution's window over the output, of which this is the adjoint."""
        F, S, D, extra = self.F[axis], self.S[axis], self.D[axis], self.extra[axis]
        before, after = self.padding(axis, size * S)
        if self.P == "same-upper":
            return SlidingWindow(size * S, F, S, D, before, after)
        return SlidingWindow(transposed_size(size, F, S, D, before, after, extra), F, S, D, before, after)

    def output(self, arriving: Shape) -> Shape:
        self.divide(arriving)
        rows, columns = self.windows(arriving)
        for window in (rows, columns):
            if window.size < 1:
                raise LayerError(self.nothing_left(window))
        return (self.K, rows.size, columns.size)

    def nothing_left(self, window: SlidingWindow) -> Issue:
        cut = window.before + window.after
        painted = window.size + cut
        return Issue(
            "E203",
            "the padding of {layer} cuts off all of its output",
            field="P",
            label=f"cuts {cut} of {painted}",
            why=f"(H - 1)S - 2P + D(F - 1) + 1 + extra = {painted} - {cut} < 1",
            help="less padding: in a transposed convolution P makes the output smaller",
            shows_input=True,
        )

    def warnings(self, arriving: Shape) -> Iterator[Issue]:
        return iter(())

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        maps, window = self.K // self.G, prod(self.F)
        weight = TensorSpec((arriving[0], maps, *self.F), fan=(arriving[0] // self.G * window, maps * window))
        return {"weight": weight} | ({"bias": TensorSpec((self.K,))} if self.bias else {})

    def macs(self, arriving: Shape) -> int:
        return prod(arriving) * prod(self.F) * (self.K // self.G)

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        rows, columns = map(painters, self.windows(arriving))
        return rows, columns

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        maps, depth = self.K // self.G, arriving[0] // self.G
        group, map_ = divmod(place[0], maps)
        channels = AxisRange(group * depth, 1, depth)
        painted = [
            paints(window, i, size)
            for window, i, size in zip(self.windows(arriving), place[1:], arriving[1:], strict=True)
        ]
        read = Read(0, (channels, *(painters for painters, _ in painted)))
        weights = Read("weight", (channels, AxisRange(map_), *(taps for _, taps in painted)))
        return biased(dot(read, weights), self.bias, place)

    def forward(self, x: Array, *, weight: Array, bias: Array | None = None) -> Array:
        from ..kernels.reference.transposed_convolution import deconvolve

        y = deconvolve(x, weight, self.windows(x.shape[1:]), self.G)
        return y if bias is None else y + bias[:, None, None]

    def differentiable(
        self, kernels: ConvolutionKernels, x: Array, weight: Array, needs_input_grad: bool
    ) -> tuple[Array, ConvolutionPullback]:
        return kernels.transposed(x, weight, self.windows((x.shape[3], *x.shape[1:3])), self.G)


def taps_on(window: SlidingWindow, i: int) -> range:
    """The taps of the windows that lie on output cell i of an axis: every `S / gcd(S, D)`th, or none."""
    apart = window.S // gcd(window.S, window.D)
    place = i - window.first
    nearest = next((t for t in range(min(apart, window.F)) if (place - t * window.D) % window.S == 0), window.F)
    return range(nearest, window.F, apart)


def paints(window: SlidingWindow, i: int, size: int) -> tuple[AxisRange, AxisRange]:
    """The cells among the `size` that arrive on an axis which paint output cell i, and the taps with which they do."""
    found = [(tap, (i - window.first - tap * window.D) // window.S) for tap in taps_on(window, i)]
    inside = [(tap, cell) for tap, cell in found if 0 <= cell < size]
    if not inside:
        return AxisRange(0, 1, 0), AxisRange(0, 1, 0)
    (tap, cell), divisor = inside[0], gcd(window.S, window.D)
    taps, painters = window.S // divisor, -window.D // divisor
    return AxisRange(cell, painters, len(inside)), AxisRange(tap, taps, len(inside))


def painters(window: SlidingWindow) -> ReceptiveField | None:
    """For each output cell of an axis the first and last input cell whose window has a tap on it."""

    def span(i: int) -> tuple[int, int]:
        place, taps = i - window.first, taps_on(window, i)
        if not taps:
            return place // window.S + 1, place // window.S
        return (place - taps[-1] * window.D) // window.S, (place - taps[0] * window.D) // window.S

    return periodic(window.S, 1, span)
