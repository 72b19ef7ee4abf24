"""What the pooling layers share: a window that moves by its own size unless S says otherwise."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..geometry import Rounding
from ..layer import Pair, Shape, image
from ._windowed import Windowed


class Pool(Windowed):
    """A window over each channel by itself: depth stays."""

    S: Pair | None = Field(None, description="stride, F when not given")
    rounding: Rounding | None = Field(
        None, description="`floor`, `exact`, or `ceil`: windows may hang over the edge, as in PyTorch's ceil_mode"
    )

    @property
    def stride(self) -> tuple[int, int]:
        return self.S or self.F

    @property
    def rounds(self) -> str | None:
        return self.rounding

    @classmethod
    def default_stride(cls, F: Any) -> Any:
        return F

    def output(self, arriving: Shape) -> Shape:
        C, _, _ = image(arriving)
        return (C, *self.slide(arriving))
