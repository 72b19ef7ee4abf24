"""Flatten: the image's values as one vector, channel by channel, row by row.

After it a value's place in the image is gone: `dense` can take it, a window cannot.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar

from ..graph.layer import Example
from ..graph.shape import Shape
from ._reading import Reading


class Flatten(Reading):
    """C x H x W values as a vector of C*H*W, in C, H, W order."""

    zh: ClassVar[str] = "展开：把 C x H x W 个数按 C、H、W 的顺序排成一行。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("flatten", (2, 2, 2), (8,)),
        Example("flatten", (7,), (7,)),
    )

    def output(self, arriving: Shape) -> Shape:
        return (prod(arriving),)
