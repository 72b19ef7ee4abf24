"""Shapes, without the batch: (C, H, W), or (C,) after `flatten`."""

from __future__ import annotations

Shape = tuple[int, ...]
FLOAT = 4
"""Bytes of a float32."""


def is_image(shape: Shape) -> bool:
    """(C, H, W), not the vector that `flatten` makes."""
    return len(shape) == 3


def axis_index(letter: str) -> int:
    """Which axis of a batch (N, C, H, W) a letter is."""
    return "NCHW".index(letter)


def trimmed(shape: Shape) -> Shape:
    """Without the axes of length 1 at its end, which make no difference."""
    return trimmed(shape[:-1]) if shape[-1:] == (1,) else shape


def times(shape: Shape) -> str:
    """A shape as people write it: 16x5x5."""
    return "x".join(map(str, shape))
