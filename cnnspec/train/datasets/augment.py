"""Random changes of images that leave their meaning alone, so that no example is seen twice in quite the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Images = NDArray[np.float32]
PIECE = 1 << 12
"""Cells that are turned at a time: what is worked out for them stays in a core's cache."""


@dataclass(frozen=True, eq=False)
class Augment:
    """Changes of images (n, C, H, W), in this order: `rotate` by up to so many degrees, either way; move by up to
    `shift` cells along each axis; `crop`: add so many cells on each side and cut the image's size out anywhere, which
    is a move as well; `flip` left and right, every other image on average.

    What comes in from outside is `blank` (C,): black.
    """

    blank: NDArray[np.float32]
    shift: int = 0
    crop: int = 0
    flip: bool = False
    rotate: float = 0.0

    def __call__(self, x: Images, random: np.random.Generator) -> Images:
        """Images like x, each changed in its own way; x stays as it is."""
        n = len(x)
        if self.rotate:
            x = rotated(x, random.uniform(-self.rotate, self.rotate, n), self.blank)
        if self.shift or self.crop:
            moves = random.integers(-self.shift, self.shift + 1, (n, 2))
            moves += random.integers(-self.crop, self.crop + 1, (n, 2))
            x = shifted(x, moves, self.blank)
        if self.flip:
            x = np.where((random.random(n) < 0.5)[:, None, None, None], x[..., ::-1], x)
        return x


def shifted(x: Images, moves: NDArray[np.integer], blank: NDArray[np.float32]) -> Images:
    """Images (n, C, H, W) moved down and right by `moves` (n, 2) cells each."""
    H, W = x.shape[2:]
    reach = int(np.abs(moves).max(initial=0))
    windows = sliding_window_view(_framed(x, reach, blank), (H, W), (2, 3))
    return np.ascontiguousarray(windows[np.arange(len(x)), :, reach - moves[:, 0], reach - moves[:, 1]])


def rotated(x: Images, degrees: NDArray[np.floating], blank: NDArray[np.float32]) -> Images:
    """Images (n, C, H, W) turned about their centres, counter-clockwise by `degrees` (n,), bilinearly."""
    sine, cosine = (part(np.radians(degrees)).astype(np.float32)[:, None, None] for part in (np.sin, np.cos))
    turned = np.empty_like(x)
    few = max(1, PIECE // (x.shape[2] * x.shape[3]))
    for part in (slice(start, start + few) for start in range(0, len(x), few)):
        _rotate(x[part], sine[part], cosine[part], blank, turned[part])
    return turned


def _rotate(x: Images, sine: Images, cosine: Images, blank: NDArray[np.float32], turned: Images) -> None:
    """Each cell looks back to where it comes from, a place between four cells, and mixes them by distance."""
    n, C, H, W = x.shape
    # With a frame of two cells, a place at most one cell outside has four neighbours; beyond, all is blank.
    cells, width = _framed(x, 2, blank).reshape(-1), W + 4
    down, right = np.arange(H, dtype=np.float32)[:, None] - (H - 1) / 2, np.arange(W, dtype=np.float32) - (W - 1) / 2
    top, lower = _split(cosine * down + sine * right + ((H - 1) / 2 + 2), H + 2)
    left, outer = _split(cosine * right - sine * down + ((W - 1) / 2 + 2), W + 2)
    corner = top * width + left
    for channel in range(C):
        first = corner + ((np.arange(n) * C + channel) * (H + 4) * width)[:, None, None]
        upper, under = (_between(cells, first + step, outer) for step in (0, width))
        turned[:, channel] = upper + lower * (under - upper)


def _between(cells: NDArray[np.float32], left: NDArray[np.intp], share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mixtures of cells and, for `share` of each, of their neighbours to the right."""
    near = cells.take(left)
    return near + share * (cells.take(left + 1) - near)


def _split(place: NDArray[np.float32], highest: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Places along an axis, held between 1 and `highest`, as a cell and the share of the next one."""
    place = np.clip(place, np.float32(1), np.float32(highest))
    cell = place.astype(np.int32)
    return cell.astype(np.intp), place - cell


def _framed(x: Images, width: int, blank: NDArray[np.float32]) -> Images:
    """Images with `width` blank cells on each side."""
    n, C, H, W = x.shape
    framed = np.empty((n, C, H + 2 * width, W + 2 * width), x.dtype)
    framed[:] = blank[:, None, None]
    framed[:, :, width : width + H, width : width + W] = x
    return framed
