"""Numbers that are typed in a spec: a list of them, or lists in lists, as long as each other."""

from __future__ import annotations

from dataclasses import dataclass

from ...graph.shape import Shape


@dataclass(frozen=True)
class ArrayLiteral:
    """An array as it is written: its shape and its values, row by row."""

    shape: Shape
    values: tuple[float, ...]

    def fits(self, shape: Shape) -> bool:
        """Whether it can stand for an array of this shape: axes of length 1 need not be written."""
        return _without_ones(self.shape) == _without_ones(shape)


def _without_ones(shape: Shape) -> Shape:
    return tuple(size for size in shape if size > 1)
