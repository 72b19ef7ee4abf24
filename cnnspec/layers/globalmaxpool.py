"""Global max pooling: each channel becomes its largest value, whatever the image's size.

The output is still an image, C x 1 x 1; `flatten` makes it a vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..layer import Example
from ._global import Global

if TYPE_CHECKING:
    from ..layer import Array


class GlobalMaxPool(Global):
    """The largest value of each channel."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example("globalmaxpool", (3, 4, 5), (3, 1, 1)),
        Example("globalmaxpool", (12,), "E204"),
    )

    def forward(self, x: Array) -> Array:
        y: Array = x.max(axis=(2, 3), keepdims=True)
        return y
