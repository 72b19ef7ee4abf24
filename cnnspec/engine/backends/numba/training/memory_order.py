"""Where the values of a batch lie in memory. To every layer images are (N, C, H, W); in memory their channels are last,
(N, H, W, C), but for those that come from outside."""

from __future__ import annotations

from functools import lru_cache, reduce

import numpy as np

from .....graph.array import Array
from .calls import Native, Numbers, cut
from .moves import VALUE, contiguous, put
from .plan import PLANS

CHANNELS_LAST = (0, 2, 3, 1)
"""The axes of images in the order in which they lie in memory."""
Axes = tuple[int, ...]


def as_images(x: Array) -> Array:
    """(N, H, W, C) as images (N, C, H, W): the same memory."""
    return x.transpose(0, 3, 1, 2)


def lies_side_by_side(x: Array) -> bool:
    """Whether there are no gaps between the values of x, in whatever order they lie."""
    return _without_gaps(x.shape, x.strides, x.itemsize)


@lru_cache(PLANS)
def _without_gaps(shape: Axes, steps: Axes, size: int) -> bool:
    for step, count in sorted(zip(steps, shape, strict=True)):
        if count > 1:
            if step != size:
                return False
            size *= count
    return True


def channels_last(x: Array, native: Native) -> Array:
    """Images (N, C, H, W) as contiguous (N, H, W, C): their own memory where they lie like that already."""
    wanted = x.transpose(CHANNELS_LAST)
    if wanted.flags.c_contiguous:
        return wanted
    others = tuple(sorted((0, 2, 3), key=lambda axis: -x.strides[axis]))
    if x.dtype != np.float32 or not x.size or not x.transpose(1, *others)[0].flags.c_contiguous:
        return contiguous(wanted, native)
    out = native.empty(wanted.shape)
    columns = _places(x.shape, others)
    rows = x.strides[1] * np.arange(x.shape[1])
    source, target, steps, places = map(native.address, (x, out, rows, columns))
    parts = cut(len(columns), native.hands(len(columns), VALUE * x.size), native.vectors.lanes)
    tables = [
        (
            source + 4 * part.start, target, steps, places + 8 * part.start,
            len(rows), part.stop - part.start, 1, 0, 0,
        )
        for part in parts
    ]  # fmt: skip
    native.carry_out("transpose", np.array(tables, np.int64), np.arange(len(parts)))
    return out


def cells(x: Array, native: Native) -> Array:
    """Images (N, C, H, W) as contiguous (N, H, W, C), vectors as contiguous (N, C): their own memory where they are."""
    return channels_last(x, native) if x.ndim == 4 else contiguous(x, native)


def as_given(cells: Array) -> Array:
    """What `cells` was given, of its result: the same memory."""
    return as_images(cells) if cells.ndim == 4 else cells


def ordered_as(x: Array, other: Array, native: Native) -> Array:
    """x (N, C, H, W), or vectors, in the order in which another array of its shape lies."""
    if x.strides == other.strides:
        return x
    if x.ndim == 4 and other.transpose(CHANNELS_LAST).flags.c_contiguous:
        return as_images(channels_last(x, native))
    found = native.empty_like(other)
    put(x, found, native)
    return found


@lru_cache(8)
def _places(shape: Axes, others: Axes) -> Numbers:
    """Bytes to where the values of the axes `others`, in their order, lie in memory of (N, H, W, C)."""
    sizes = [shape[axis] for axis in CHANNELS_LAST]
    steps = {axis: 4 * int(np.prod(sizes[i + 1 :], dtype=np.int64)) for i, axis in enumerate(CHANNELS_LAST)}
    return np.ascontiguousarray(reduce(np.add.outer, [steps[axis] * np.arange(shape[axis]) for axis in others]).ravel())
