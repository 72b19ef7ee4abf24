"""The tiles of Winograd's F(m x m, 3 x 3), in whole numbers: `step` = m cells apart, each m + 2 wide."""

from __future__ import annotations


def tiles(cells: int, step: int) -> int:
    """Tiles that cover an axis of output cells."""
    return -(-cells // step)
