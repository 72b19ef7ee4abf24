"""Small gray images for the terminal, two rows of pixels a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from ...graph.array import Array
from .ansi import PLAIN

GRAYS = (232, 255)
"""The terminal's ramp from black to white, in its 256 colours."""


def picture(image: Array, colour: bool = False) -> str:
    """A small gray image (H, W) by itself: its darkest value black, its lightest white; "" when all of it is equally
    bright. Without colours there are no blank lines around it."""
    low, high = float(image.min()), float(image.max())
    if not low < high:
        return ""
    lines = half_blocks(((image - low) / (high - low)).tolist(), colour)
    if colour:
        return "".join(f"{line}\n" for line in lines)
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"


def reduced(maps: Array, most: int) -> Array:
    """The maps (C, H, W) averaged over blocks so that no side has more than `most` cells."""
    step = -(-max(maps.shape[1:]) // most)
    if step == 1:
        return maps
    return np.stack([[_blocks(row, step) for row in _rows(image, step)] for image in maps])


def _rows(image: Array, step: int) -> list[Array]:
    return [image[i : i + step].mean(axis=0, dtype=float) for i in range(0, len(image), step)]


def _blocks(row: Array, step: int) -> Array:
    return np.array([row[i : i + step].mean() for i in range(0, len(row), step)])


def half_blocks(shares: list[list[float]], colour: bool) -> list[str]:
    """Brightness from 0 to 1 as lines, each as wide as the image: in shades where the terminal has colours, otherwise
    in half blocks for what is brighter than the middle."""
    shares = shares + [[0.0] * len(shares[0])] * (len(shares) % 2)
    pairs = [list(zip(*rows, strict=True)) for rows in zip(shares[::2], shares[1::2], strict=True)]
    return [f"{_shaded(row)}{PLAIN}" if colour else _halved(row) for row in pairs]


def _halved(row: Sequence[tuple[float, float]]) -> str:
    return "".join(" ▄▀█"[2 * (upper > 0.5) + (lower > 0.5)] for upper, lower in row)


def _shaded(row: Sequence[tuple[float, float]]) -> str:
    black, white = GRAYS
    grays = ([black + round(share * (white - black)) for share in pair] for pair in row)
    return "".join(f"\x1b[38;5;{upper};48;5;{lower}m" + "▀" * len(list(run)) for (upper, lower), run in groupby(grays))
