"""Maps as small pictures, for layers whose values are too many for the file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from math import ceil
from typing import NamedTuple

import numpy as np

from ...graph.array import Array
from ..inspection.maps.brightness import by_strength
from .packing import LEVEL

SIDE = 56
"""Pixels that a picture's longer side has at most."""
SHADES = 127


class Pictures(NamedTuple):
    """Of some `channels` of a layer pictures of `rows` x `columns` pixels, a byte each, deflated: shares of the layer's
    largest size."""

    channels: tuple[int, ...]
    rows: int
    columns: int
    data: bytes


def pictures(maps: Array, count: int, wanted: Iterable[int]) -> Pictures:
    """The `count` strongest maps of a layer (C, H, W), and those of the `wanted` channels."""
    channels = tuple(dict.fromkeys([*wanted, *by_strength(maps)[:count]]))
    finite = np.abs(maps[np.isfinite(maps)])
    largest = float(finite.max(initial=0.0)) or 1.0
    with np.errstate(invalid="ignore"):
        small = reduced(np.nan_to_num(maps[list(channels)] / largest, nan=0.0, posinf=1.0, neginf=-1.0))
        shades = np.clip(small * SHADES, -SHADES, SHADES).round().astype(np.int8)
    _, rows, columns = shades.shape
    return Pictures(channels, rows, columns, zlib.compress(shades.tobytes(), LEVEL))


def reduced(maps: Array) -> Array:
    """Maps (C, H, W) of at most `SIDE` rows and columns: the means of blocks; at the edges these may be smaller."""
    times = ceil(max(maps.shape[1:]) / SIDE)
    if times == 1:
        return maps
    for axis in (1, 2):
        starts = np.arange(0, maps.shape[axis], times)
        sizes = np.minimum(times, maps.shape[axis] - starts)
        sums = np.add.reduceat(maps, starts, axis)
        maps = sums / (sizes[:, None] if axis == 1 else sizes)
    return maps
