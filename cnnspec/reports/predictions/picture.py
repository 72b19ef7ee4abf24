"""A small picture of an input for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ...graph.array import Array
from ..drawing.ansi import PLAIN

GRAYS = (232, 255)
"""The terminal's ramp from black to white, in its 256 colours."""


def picture(image: Array, colour: bool = False) -> str:
    """A small gray image (H, W), two rows of pixels a line: in shades where the terminal has colours.

    Otherwise in half blocks for what is brighter than the middle, without blank lines around; "" when all of it
    is equally bright.
    """
    low, high = float(image.min()), float(image.max())
    if not low < high:
        return ""
    shares = ((image - low) / (high - low)).tolist()
    shares += [[0.0] * len(shares[0])] * (len(shares) % 2)
    pairs = [list(zip(*rows, strict=True)) for rows in zip(shares[::2], shares[1::2], strict=True)]
    if colour:
        return "".join(f"{_shaded(row)}{PLAIN}\n" for row in pairs)
    return "\n".join(_halved(row).rstrip() for row in pairs).strip("\n") + "\n"


def _halved(row: Sequence[tuple[float, float]]) -> str:
    return "".join(" ▄▀█"[2 * (upper > 0.5) + (lower > 0.5)] for upper, lower in row)


def _shaded(row: Sequence[tuple[float, float]]) -> str:
    black, white = GRAYS
    grays = ([black + round(share * (white - black)) for share in pair] for pair in row)
    return "".join(f"\x1b[38;5;{upper};48;5;{lower}m" + "▀" * len(list(run)) for (upper, lower), run in groupby(grays))
