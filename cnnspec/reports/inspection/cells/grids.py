"""Blocks of numbers for the terminal: side by side while there is room, shaded where there are colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...drawing.ansi import PLAIN
from ...drawing.decimals import Decimals
from ..cell import Numbers

PADDING = "·"
BLUES = (231, 195, 159, 123, 117, 75, 33)
ORANGES = (231, 230, 229, 223, 222, 216, 209)
"""Backgrounds from 0 to the largest size, for numbers below and above 0, in the terminal's 256 colours; all are light
enough for black."""


class Grid:
    """Numbers (rows, columns) as lines of equal width. Cells that are not `inside` are padding; one may be `marked`."""

    def __init__(
        self,
        values: Numbers,
        decimals: Decimals,
        colour: bool,
        inside: NDArray[np.bool_] | None = None,
        marked: tuple[int, int] | None = None,
    ) -> None:
        texts = decimals.grid(values)
        largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
        self.width = len(texts[0]) * (len(texts[0][0]) + 2) if texts and texts[0] else 0
        self.lines = [
            "".join(
                _cell(text, value, largest, colour, inside is None or bool(inside[i, j]), (i, j) == marked)
                for j, (text, value) in enumerate(zip(row, numbers, strict=True))
            )
            for i, (row, numbers) in enumerate(zip(texts, values.tolist(), strict=True))
        ]


def _cell(text: str, value: float, largest: float, colour: bool, inside: bool, marked: bool) -> str:
    if not inside:
        return f" {PADDING.rjust(len(text))} "
    bare = f"[{text.strip()}]".rjust(len(text) + 2) if marked else f" {text} "
    if not colour:
        return bare
    ramp = BLUES if value < 0 else ORANGES
    share = abs(value) / largest if largest and abs(value) <= largest else 0.0
    return f"\x1b[38;5;16;48;5;{ramp[round(share * (len(ramp) - 1))]}m{bare}{PLAIN}"


def beside(grids: Sequence[Grid], signs: Sequence[str], width: int | None) -> list[str]:
    """Grids in a row, a sign between each two on the middle line; below each other where they do not fit `width`."""
    total = sum(grid.width for grid in grids) + 3 * len(signs) + 2
    if width is not None and total > width:
        stacked: list[str] = []
        for grid, sign in zip(grids, ["", *signs], strict=True):
            stacked += [f"  {sign}"] * bool(sign) + [f"  {line}" for line in grid.lines]
        return stacked
    lines = []
    for i in range(len(grids[0].lines)):
        middle = i == len(grids[0].lines) // 2
        signed = [f" {sign if middle else ' '} " for sign in signs]
        lines.append("  " + "".join(a + b for a, b in zip([g.lines[i] for g in grids], [*signed, ""], strict=True)))
    return [line.rstrip() for line in lines]
