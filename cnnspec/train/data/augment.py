"""Random changes of images that leave their meaning alone, so that no example is seen twice in quite the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Images = NDArray[np.float32]


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
            x = rotated(x, random.uniform(-self.rotate, self.rotate, n).astype(np.float32), self.blank)
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


def rotated(x: Images, degrees: NDArray[np.float32], blank: NDArray[np.float32]) -> Images:
    """Images (n, C, H, W) turned about their centres, counter-clockwise by `degrees` (n,), bilinearly.

    Each cell looks back to where it comes from, a point between four cells, and mixes them by distance.
    """
    n, C, H, W = x.shape
    framed = _framed(x, 1, blank)
    angle = np.radians(degrees)[:, None, None]
    rows = (np.arange(H, dtype=np.float32) - (H - 1) / 2)[:, None]
    columns = np.arange(W, dtype=np.float32) - np.float32((W - 1) / 2)
    down = np.cos(angle) * rows + np.sin(angle) * columns + np.float32((H + 1) / 2)
    right = np.cos(angle) * columns - np.sin(angle) * rows + np.float32((W + 1) / 2)
    # Beyond the frame all is blank, as on its edge.
    top, lower = _split(down, H + 2)
    left, outer = _split(right, W + 2)
    corner = (top * (W + 2) + left).reshape(n, 1, H * W)
    cells = framed.reshape(n, C, -1)

    def between(step: int) -> Images:
        near, far = (np.take_along_axis(cells, corner + step + side, axis=2).reshape(x.shape) for side in (0, 1))
        return near + outer[:, None] * (far - near)

    upper = between(0)
    return upper + lower[:, None] * (between(W + 2) - upper)


def _split(place: NDArray[np.float32], size: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Places along an axis of `size` cells as a cell and the share of the next one."""
    place = np.clip(place, 0, size - 1)
    cell = np.minimum(place.astype(np.intp), size - 2)
    return cell, place - cell.astype(np.float32)


def _framed(x: Images, width: int, blank: NDArray[np.float32]) -> Images:
    """Images with `width` blank cells on each side."""
    n, C, H, W = x.shape
    framed = np.empty((n, C, H + 2 * width, W + 2 * width), x.dtype)
    framed[:] = blank[:, None, None]
    framed[:, :, width : width + H, width : width + W] = x
    return framed
