"""Shapes, without the batch: an image (C, H, W), or a vector (C,), as `flatten` makes it.

A network's input is either. A signal (C, W) is an image of one row.
"""

from __future__ import annotations

Shape = tuple[int, ...]
FLOAT = 4
"""Bytes of a float32."""


def is_image(shape: Shape) -> bool:
    """(C, H, W), not a vector (C,), which has no rows and columns."""
    return len(shape) == 3


def axis_index(letter: str) -> int:
    """Which axis of a batch (N, C, H, W) a letter is."""
    return "NCHW".index(letter)


def trimmed(shape: Shape) -> Shape:
    """Without the axes of length 1 at its end, which make no difference."""
    return trimmed(shape[:-1]) if shape[-1:] == (1,) else shape


def batch_of(shape: Shape) -> str:
    """The shape of a batch as Python writes it, for people: (N, 3, 224, 224)."""
    return f"(N, {', '.join(map(str, shape))})"


def times(shape: Shape) -> str:
    """A shape as people write it: 16x5x5."""
    return "x".join(map(str, shape))
