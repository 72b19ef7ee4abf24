"""The tiles of Winograd's F(4x4, 3x3), in whole numbers."""

from __future__ import annotations

TILE, STEP = 6, 4


def tiles(cells: int) -> int:
    """Tiles that cover an axis of output cells."""
    return -(-cells // STEP)
