"""The strongest maps of a layer side by side in the terminal."""

from __future__ import annotations

from ....graph.array import Array
from ...drawing.half_blocks import half_blocks, reduced
from .brightness import bright, by_strength

MOST = 32
"""Columns of a map."""
ROWS = 2
"""Rows of maps."""
PIPE = 100
"""Columns where the output is no terminal."""


def render(maps: Array, width: int | None = None, colour: bool = False) -> str:
    """The maps (C, H, W) of the largest values, as many as have room in two rows, all by one scale."""
    order = by_strength(maps)
    small = reduced(bright(maps), MOST)
    _, _, columns = small.shape
    margin = max(columns, len(f"map {len(maps) - 1}")) + 2
    across = max(1, (width or PIPE) // margin)
    shown = order[: across * ROWS]
    lines = []
    for i in range(0, len(shown), across):
        row = shown[i : i + across]
        pictures = [half_blocks(small[c].tolist(), colour) for c in row]
        lines.append("".join(f"map {c}".ljust(margin) for c in row).rstrip())
        gap = " " * (margin - columns)
        lines += [gap.join(parts).rstrip() for parts in zip(*pictures, strict=True)]
    if len(order) > len(shown):
        lines.append(f"and {len(order) - len(shown):,} weaker maps; `--maps FOLDER` writes them all")
    return "\n".join(lines) + "\n"
