"""The same for pictures (H, W, 3), or (H, W, 1) of gray: from bytes to what `preprocess` makes of them. Values stay
whole numbers from 0 to 255, as Pillow keeps them.
"""

import numpy as np

from ..code.shared_definitions import Array


def pixels(picture: Array) -> Array:
    """(H, W, 1) or (H, W, 3) of a picture of bytes; ValueError for what is none."""
    picture = np.asarray(picture)
    shape = picture.shape
    fits = len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))
    if picture.dtype != np.uint8 or not fits or not picture.size:
        found = f"{shape} of {picture.dtype}"
        raise ValueError(f"a picture is (H, W, 3) or (H, W) of uint8, not {found}")
    return np.atleast_3d(picture).astype(np.float64)


def gray(x: Array) -> Array:
    """Colour as its luma, by ITU-R 601 in parts of 2**16."""
    if x.shape[2] == 1:
        return x
    return np.floor((x @ np.array([[19595], [38470], [7471]]) + 2**15) / 2**16)


def colour(x: Array) -> Array:
    """Gray as three equal channels."""
    return np.repeat(x, 3, axis=2) if x.shape[2] == 1 else x


def centre_square(x: Array, fraction: float) -> Array:
    """The square in the middle, this part of the short side wide."""
    H, W = x.shape[:2]
    side = max(1, int(fraction * min(H, W) + 1e-6))
    top, left = (H - side + 1) // 2, (W - side + 1) // 2
    return x[top : top + side, left : left + side]


def centre(x: Array, H: int, W: int) -> Array:
    """The middle, of a picture that is smaller all of it."""
    top = round(max(0, x.shape[0] - H) / 2)
    left = round(max(0, x.shape[1] - W) / 2)
    return x[top : top + H, left : left + W]


def resized_to_short(x: Array, short: int, filter: str) -> Array:
    """The short side gets this size, the long one keeps the proportion."""
    H, W = x.shape[:2]
    return resized(x, short * H // min(H, W), short * W // min(H, W), filter)


def resized(x: Array, H: int, W: int, filter: str) -> Array:
    """The picture with H rows and W columns, one after the other.

    Values are cut off at 0 and 255 after each, so that their order counts. It is that
    of Pillow 13: rows come first where they shrink by far more than the columns do.
    """
    rows, columns = len(x) - H, x.shape[1] - W
    is_rows_first = rows > 0 and rows > 2 * columns
    x = resized_rows(x, H, filter) if is_rows_first else x
    x = resized_rows(x.swapaxes(0, 1), W, filter).swapaxes(0, 1)
    return x if is_rows_first else resized_rows(x, H, filter)


def resized_rows(x: Array, size: int, filter: str) -> Array:
    """Another number of rows, each pixel a mixture of those above each other."""
    if len(x) == size:
        return x
    if filter == "nearest":
        return x[nearest_rows(len(x), size)]
    mixed = np.tensordot(row_weights(len(x), size, filter), x, axes=1)
    return np.clip(np.floor(mixed / 2**22 + 0.5), 0, 255)


def nearest_rows(size: int, wanted: int) -> Array:
    """The row that each new one is; steps are added up, as Pillow does."""
    steps = np.full(wanted, size / wanted)
    steps[0] /= 2
    return np.minimum(np.cumsum(steps).astype(int), size - 1)


def row_weights(size: int, wanted: int, filter: str) -> Array:
    """(wanted, size): the part that each old row has in each new one, in 2**22ths.

    They are whole numbers, so that sums of products are exact. Where a picture
    shrinks, the filter becomes wider.
    """
    if size * wanted > 2**25:
        raise ValueError(f"{wanted} pixels out of {size} take too much memory")
    scale = size / wanted
    wide = max(1.0, scale)
    reach = wide * (2 if filter == "bicubic" else 1)
    middle = (np.arange(wanted)[:, None] + 0.5) * scale
    first = np.maximum(0, np.trunc(middle - reach + 0.5))
    end = np.minimum(size, np.trunc(middle + reach + 0.5))
    row = np.arange(size)
    distance = np.abs((row - middle + 0.5) * (1 / wide))
    parts = cubic(distance) if filter == "bicubic" else np.maximum(0, 1 - distance)
    parts = np.where((row >= first) & (row < end), parts, 0)
    parts /= parts.cumsum(axis=1)[:, -1:]  # added one after the other, as Pillow does
    return np.trunc(parts * 2**22 + np.copysign(0.5, parts))


def cubic(distance: Array) -> Array:
    """Keys' cubic with a = -1/2."""
    near = (1.5 * distance - 2.5) * distance * distance + 1
    far = ((distance - 5) * distance + 8) * distance - 4
    return np.where(distance < 1, near, np.where(distance < 2, -0.5 * far, 0))


def likeliest(p: Array, count: int) -> list[int]:
    """The indices of the largest of (K,), largest first; equal ones in order."""
    return [int(i) for i in np.argsort(-p, kind="stable")[:count]]
