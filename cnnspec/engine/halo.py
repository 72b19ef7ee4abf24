"""The border of zeros around an image, so that windows can read past its edge. Whole numbers only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Halo:
    """Cells of zeros on each side of an image."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __or__(self, other: Halo) -> Halo:
        """A border that serves both."""
        return Halo(
            max(self.top, other.top),
            max(self.bottom, other.bottom),
            max(self.left, other.left),
            max(self.right, other.right),
        )

    def __bool__(self) -> bool:
        return self != NONE


NONE = Halo()
