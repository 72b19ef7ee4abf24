"""What every layer with a sliding window shares: F, S, P, the window along rows and columns, its misfits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ..diagnostics import Issue
from ..graph.layer import STRICT, Layer, LayerError, Natural, Pair, PerAxis, both, image
from ..graph.receptive_field import ReceptiveField, ReceptiveFields
from ..graph.shape import Shape, times
from ..graph.window import SlidingWindow, SlidingWindows, same, same_upper


class Sides(BaseModel):
    """Cells on each side of the image."""

    model_config = STRICT

    top: Natural = 0
    bottom: Natural = 0
    left: Natural = 0
    right: Natural = 0

    @property
    def axes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(before, after) for rows and for columns."""
        return (self.top, self.bottom), (self.left, self.right)


Padding = Annotated[
    Natural | tuple[Natural, Natural] | Sides | Literal["same", "same-upper", "valid"],
    PerAxis(),
]
AXES = ("row", "column")


class Windowed(Layer):
    """A window of F cells that moves by S over the image padded by P."""

    F: Pair = Field(description="window size: `3`, or `[rows, columns]`")
    P: Padding = Field(
        0, description="zero padding: `2`, `[PH, PW]`, `{top, bottom, left, right}`, `same`, `same-upper` or `valid`"
    )

    @property
    def stride(self) -> tuple[int, int]:
        raise NotImplementedError

    @property
    def dilation(self) -> tuple[int, int]:
        return (1, 1)

    @property
    def rounds(self) -> str | None:
        """The layer's `rounding`; None when nothing is said."""
        return None

    @classmethod
    def letters(cls, values: Mapping[str, Any]) -> Mapping[str, tuple[Any, Any]]:
        F = both(values.get("F"))
        D = both(values.get("D", 1))
        S = both(values["S"]) if values.get("S") is not None else cls.default_stride(F)
        return {k: v for k, v in {"F": F, "S": S, "D": D}.items() if isinstance(v, tuple)}

    @classmethod
    def default_stride(cls, F: Any) -> Any:
        return (1, 1)

    def padding(self, axis: int, size: int) -> tuple[int, int]:
        """(before, after) along an axis that `size` cells arrive on."""
        F, S, D = self.F[axis], self.stride[axis], self.dilation[axis]
        if self.P == "valid":
            return 0, 0
        if self.P == "same-upper":
            return same_upper(size, F, S, D)
        if self.P == "same":
            middle = same(F, D)
            if middle is None:
                raise LayerError(self.uneven(axis))
            return middle, middle
        if isinstance(self.P, Sides):
            return self.P.axes[axis]
        P = both(self.P)
        assert isinstance(P, tuple)
        return P[axis], P[axis]

    def uneven(self, axis: int) -> Issue:
        F, D = self.F[axis], self.dilation[axis]
        total = f"F-1 = {F - 1}" if D == 1 else f"D(F-1) = {D * (F - 1)}"
        near = f"F: {F - 1} or F: {F + 1}" if F > 2 else f"F: {F + 1}"
        return Issue(
            "E202",
            "`P: same` needs an odd F",
            field="P",
            label=f"F = {F} is even",
            why=f"same padding adds {total} per axis, which cannot be split evenly",
            help=f"{near}, or `P: same-upper` (extra row at the bottom, extra column at the right)",
            cures=(("P", "same-upper"),),
        )

    def check_fields(self) -> Iterator[Issue]:
        for axis in (0, 1):
            if self.P == "same" and same(self.F[axis], self.dilation[axis]) is None:
                yield self.uneven(axis)

    def window(self, axis: int, size: int) -> SlidingWindow:
        before, after = self.padding(axis, size)
        F, S, D = self.F[axis], self.stride[axis], self.dilation[axis]
        return SlidingWindow(size, F, S, D, before, after, self.rounds == "ceil")

    def windows(self, arriving: Shape) -> SlidingWindows:
        """The window along rows and columns of an arriving (C, H, W)."""
        _, H, W = image(arriving)
        return self.window(0, H), self.window(1, W)

    def slide(self, arriving: Shape) -> tuple[int, int]:
        """Output rows and columns, or raise `LayerError`."""
        windows = self.windows(arriving)
        for axis, window in zip(AXES, windows, strict=True):
            if window.outputs < 1:
                raise LayerError(self.too_large(window, arriving))
            if self.rounds == "exact" and window.left_over:
                raise LayerError(self.inexact(window, axis))
        return windows[0].outputs, windows[1].outputs

    def too_large(self, window: SlidingWindow, arriving: Shape) -> Issue:
        largest = (window.size + window.before + window.after - 1) // window.D + 1
        return Issue(
            "E203",
            "the window of {layer} does not fit its input",
            field="F",
            label=f"{times(self.F)} window, {times(arriving)} arrives",
            why=f"(W - F + 2P)/S + 1 = {window.arithmetic()} < 1",
            help=f"F <= {largest}, more padding" + self.instead(),
            shows_input=True,
        )

    def instead(self) -> str:
        """Another layer that would fit, for the cure."""
        return ""

    def inexact(self, window: SlidingWindow, axis: str) -> Issue:
        return Issue(
            "E206",
            f"{{layer}} leaves {_count(window.left_over, axis)} over, and `rounding: exact` forbids it",
            field="F",
            why=_formula(window),
            help=f"an input of {_exact(window)} {axis}s gives exactly {window.outputs}; or `rounding: floor`",
            cures=(("rounding", "floor"),),
        )

    def warnings(self, arriving: Shape) -> Iterator[Issue]:
        """Rows and columns that no window reads, unless `rounding` says that this is meant."""
        left = [(axis, s) for axis, s in zip(AXES, self.windows(arriving), strict=True) if s.left_over]
        if self.rounds is not None or not left:
            return
        unread = [(axis, s.unread) for axis, s in left if s.unread]
        what = " and ".join(_count(n, axis) for axis, n in unread or [(a, s.left_over) for a, s in left])
        where = "its input" if unread else "its padding"
        _, window = left[0]
        yield Issue(
            "W201",
            f"{{layer}} never reads the last {what} of {where}",
            field="F",
            why=_formula(window),
            help=f"`rounding: floor` accepts this; an input of {_exact(window)} gives exactly {window.outputs}, "
            f"one of {_exact(window) + window.S} gives {window.outputs + 1}",
            cures=(("rounding", "floor"),),
        )

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        rows, columns = (ReceptiveField((s.first,), (s.first + s.extent - 1,), s.S) for s in self.windows(arriving))
        return rows, columns


def _count(n: int, axis: str) -> str:
    return f"{n} {axis}{'s' if n > 1 else ''}"


def _exact(window: SlidingWindow) -> int:
    return window.size - window.left_over


def _formula(window: SlidingWindow) -> str:
    value = window.travel / window.S + 1
    return f"{window.arithmetic()} = {value:.10g}"
