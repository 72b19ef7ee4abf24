"""What the pooling layers share: a window that moves by its own size unless S says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ..diagnostics import Issue
from ..graph.layer import Family, LayerError, Pair, SavedForBackward, image
from ..graph.shape import Shape
from ..graph.window import AxisRange, Rounding, SlidingWindow
from ._windowed import AXES, Windowed

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback
    from ..kernels.training.pooling import PoolPullback


class Pool(Windowed):
    """A window over each channel by itself: depth stays."""

    family: ClassVar[Family] = "pooling"
    S: Pair | None = Field(None, description="stride, F when not given")
    D: Pair = Field((1, 1), description="dilation: the window's cells lie D apart")
    rounding: Rounding | None = Field(
        None,
        description="`floor`, `exact`, or `ceil`: windows may hang over the edge, as in PyTorch's ceil_mode",
    )

    @property
    def stride(self) -> tuple[int, int]:
        return self.S or self.F

    @property
    def dilation(self) -> tuple[int, int]:
        return self.D

    @property
    def rounds(self) -> str | None:
        return self.rounding

    @classmethod
    def default_stride(cls, F: Any) -> Any:
        return F

    def output(self, arriving: Shape) -> Shape:
        C, _, _ = image(arriving)
        size = self.slide(arriving)
        for axis, window in zip(AXES, self.windows(arriving), strict=True):
            # Only cells that lie further apart than the image is large can pass it by in the middle.
            asked = range(window.outputs) if window.size < window.D else (0, window.outputs - 1)
            if not all(window.inside(i).length for i in asked):
                raise LayerError(self.only_padding(window, axis))
        return (C, *size)

    def only_padding(self, window: SlidingWindow, axis: str) -> Issue:
        return Issue(
            "E203",
            "a window of {layer} sees nothing but padding",
            field="P",
            label=f"P = {max(window.before, window.after)} {axis}s, F = {window.F}",
            why=f"with P >= {'F' if window.D == 1 else 'D(F-1) + 1'} a window at the edge does not touch the input"
            if window.size >= window.D
            else f"its cells lie D = {window.D} apart, and the input has {window.size}",
            help=f"P <= {window.extent - 1}, or `pad` first if zeros are meant"
            if window.size >= window.D
            else f"D <= {window.size}",
        )

    def inside(self, place: Shape, arriving: Shape) -> tuple[AxisRange, ...]:
        """The cells of the image under the window at a place, without padding."""
        return (AxisRange(place[0]), *(s.inside(i) for s, i in zip(self.windows(arriving), place[1:], strict=True)))

    def differentiable(self, x: Array) -> tuple[Array, PoolPullback]:
        """The output and the way back, on (N, H, W, C)."""
        raise NotImplementedError

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import cells, image

        y, back = self.differentiable(cells(x))
        return image(y), lambda dy: ((image(back(cells(dy))),), {})

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
