"""All maps of a layer as one picture, a contact sheet."""

from __future__ import annotations

import io
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from ....graph.array import Array

BLUE, WHITE, ORANGE, GRAY = (33, 102, 172), (255, 255, 255), (217, 95, 2), (128, 128, 128)
"""Colours of the least value, of 0, of the largest, and of what is not finite."""
SIDE = 48
"""Pixels that a map's longer side has at least."""
GAP = 2

Pixels = NDArray[np.uint8]


def contact_sheet(values: Array, is_input: bool = False) -> bytes:
    """A PNG of a layer's output: of maps (C, H, W) a sheet in the order of the channels, of a vector (K,) a square for
    each value. 0 is white, what is below blue, what is above orange, by one scale for the layer. An input of one
    channel (gray) or three (red, green, blue) is a picture of itself."""
    maps = values.reshape(-1, 1, 1) if values.ndim == 1 else values
    if is_input and len(maps) in (1, 3):
        return png(_enlarged(_natural(maps)))
    return png(_sheet([_enlarged(tile) for tile in coloured(maps)]))


def coloured(maps: Array) -> Pixels:
    """The maps (C, H, W) as (C, H, W, 3)."""
    finite = np.isfinite(maps)
    largest = float(np.abs(maps[finite]).max(initial=0.0)) or 1.0
    share = np.where(finite, maps / largest, 0)[..., None]
    ends = np.where(share < 0, BLUE, ORANGE)
    mixed = np.abs(share) * ends + (1 - np.abs(share)) * WHITE
    pixels: Pixels = np.where(finite[..., None], mixed.round(), GRAY).astype(np.uint8)
    return pixels


def _natural(maps: Array) -> Pixels:
    """An image of one channel in gray, of three in colour, from its least value to its largest: (H, W, 3)."""
    finite = np.isfinite(maps)
    low = float(maps[finite].min(initial=np.inf)) if finite.any() else 0.0
    high = float(maps[finite].max(initial=-np.inf)) if finite.any() else 1.0
    share = np.where(finite, (maps - low) / (high - low or 1), 0)
    pixels: Pixels = np.broadcast_to(share.transpose(1, 2, 0) * 255, (*maps.shape[1:], 3)).round().astype(np.uint8)
    return pixels


def _enlarged(pixels: Pixels) -> Pixels:
    """Each cell a square of pixels, so that small maps can be seen."""
    times = max(1, ceil(SIDE / max(pixels.shape[:2])))
    return pixels.repeat(times, 0).repeat(times, 1)


def _sheet(tiles: list[Pixels]) -> Pixels:
    """Tiles of one size in rows, with gaps between them, about as wide as high."""
    rows, columns, _ = tiles[0].shape
    across = max(1, min(len(tiles), ceil(sqrt(len(tiles) * rows / columns))))
    down = ceil(len(tiles) / across)
    sheet = np.full((down * (rows + GAP) - GAP, across * (columns + GAP) - GAP, 3), GRAY, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // across * (rows + GAP), i % across * (columns + GAP)
        sheet[top : top + rows, left : left + columns] = tile
    return sheet


def png(pixels: Pixels) -> bytes:
    """Pixels (H, W, 3) as a file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
