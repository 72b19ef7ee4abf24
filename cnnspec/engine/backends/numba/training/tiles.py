"""Convolution of 3x3 at stride 1 in training by Winograd's F(4x4, 3x3), and its gradient by filters.

The gradient by the image is such a convolution of the output's gradient. The gradient by the filters is the adjoint of
each step (`kernels/compiled/transforms.py`): both images go to the places, where their products are summed over all
tiles, and the sums come back as filters. Images are (N, H, W, C) of float32, with as many zeros around them as whole
tiles see.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np
from numpy.typing import NDArray

from .....graph.array import Array
from .....graph.window import SlidingWindows, tiles
from .....kernels.compiled.convolution import FIELDS as PRODUCT_FIELDS
from .....kernels.compiled.gradients import FIELDS as GRADIENT_FIELDS
from .....kernels.compiled.layout import SIDE, STEP
from .....kernels.compiled.packing import panels
from .....kernels.compiled.transforms import FIELDS as SQUARE_FIELDS
from .....kernels.compiled.vectors import Vectors
from .....kernels.compiled.winograd import FROM_FIELDS, TO_FIELDS
from .....kernels.strips import Strip, strips
from .....kernels.training.padding import is_mirrored
from ..direct import PANEL_BYTES
from ..kernel import two_limits
from ..kernel_selection import is_for_tiles
from ..winograd import PLACES, ROOM
from .calls import carry_out, carry_out_in_turn
from .filters import packed, turned_and_packed, unpacked

PRODUCTS = 52.0
"""Multiply-accumulates of a nanosecond."""
CELL, TRANSFORM, FILTER = 3.0, 5.0, 30.0
"""Nanoseconds that a cell takes beside its products; that a tile's way there or back takes for each channel; and that a
filter's channel takes, to 36 places or from there."""
CHUNK = 1 << 21
"""float32 values of filters at all places that are made and used at a time: they stay in the last cache."""
LINE = 16
"""float32 values of a cache line, by which places lie further apart than their values: what is written to all places
in turn else falls on few lines of the cache."""
NO_LIMITS = two_limits((-inf, inf))
ONE_TAP = np.zeros(1, np.int64)


def pays(windows: SlidingWindows, C: int, K: int, images: int) -> bool:
    """Whether tiles are possible both ways, and expected to be quicker than plain sums."""
    if not (is_for_tiles(windows) and is_mirrored(windows)):
        return False
    rows, columns = (window.outputs for window in windows)
    cells, count = images * rows * columns, images * tiles(rows, STEP) * tiles(columns, STEP)
    wide = -(-K // 16) * 16
    by_taps = cells * (9 * C * wide / PRODUCTS + CELL)
    by_places = count * (PLACES * (C * wide / PRODUCTS + CELL) + (C + wide) * TRANSFORM) + C * K * FILTER
    return by_places < by_taps


def reach(outputs: int) -> int:
    """Cells along an axis that tiles of so many outputs see."""
    return STEP * tiles(outputs, STEP) + 2


class Places:
    """Room for the values of `count` tiles at all places, whole vectors of channels: (places, count, width)."""

    def __init__(self, count: int, channels: int, vectors: Vectors) -> None:
        self.width = _whole(channels, vectors)
        self.place = 4 * (count * self.width + LINE)
        self.tile = 4 * self.width
        self.array = np.empty(PLACES * self.place // 4, np.float32)

    def at(self, place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Addresses of the first tile at places."""
        return self.array.ctypes.data + place * self.place


def convolve(x: Array, weight: Array, out: Array, vectors: Vectors) -> None:
    """Write to `out` (n, H, W, K) the convolution of x (n, at least `reach(H)`, at least `reach(W)`, C) with weight
    (K, C, 3, 3)."""
    for k in _chunks(len(weight), x.shape[3], vectors):
        _convolve(x, packed(weight[k], vectors), out[..., k], vectors)


def convolve_back(dy: Array, weight: Array, out: Array, vectors: Vectors) -> None:
    """The same of dy with weight (K, C, 3, 3) turned, for `out` (n, H, W, C)."""
    for c in _chunks(weight.shape[1], dy.shape[3], vectors):
        _convolve(dy, turned_and_packed(weight[:, c], vectors), out[..., c], vectors)


def _chunks(K: int, C: int, vectors: Vectors) -> Iterator[slice]:
    """Of K filters of C channels, whole panels."""
    count = max(1, CHUNK // (PLACES * C * vectors.panel)) * vectors.panel
    yield from (slice(k, min(k + count, K)) for k in range(0, K, count))


def _convolve(x: Array, filters: Array, out: Array, vectors: Vectors) -> None:
    """With packed filters."""
    n, H, W, K = out.shape
    C = x.shape[3]
    places = to_places(filters, C, K, vectors)
    cut = list(_strips(n, H, W, C, K, vectors))
    count = max(_tiles(strip, W) for strip in cut)
    before, after = Places(count, C, vectors), Places(count, K, vectors)
    table, bias = np.empty(3 * count, np.int64), np.zeros(_whole(K, vectors), np.float32)
    every = np.arange(PLACES)
    products = np.empty((len(cut), PLACES, len(PRODUCT_FIELDS)), np.int64)
    products[:] = (
        0, 0, 0, 0, bias.ctypes.data, NO_LIMITS.ctypes.data, ONE_TAP.ctypes.data, table.ctypes.data, 1, 1, 0,
        0, 0, before.tile, 0, 0, after.tile, 0, 0, 0,
        1, 1, C, -(-C // -(-C * vectors.panel * 4 // PANEL_BYTES)), K,
    )  # fmt: skip
    products[:, :, 0], products[:, :, 1] = before.at(every), after.at(every)
    products[:, :, 3] = places.ctypes.data + every * places.strides[0]
    products[:, :, PRODUCT_FIELDS.index("columns")] = np.array([_tiles(strip, W) for strip in cut])[:, None]
    back = np.array(
        [
            (
                after.array.ctypes.data, _address(out, s, STEP), 0, bias.ctypes.data, NO_LIMITS.ctypes.data,
                s.n1 - s.n0, min(STEP * s.r1, H) - STEP * s.r0, W, after.tile, after.place,
                *out.strides[:3], 0, 0, 0, K,
            )
            for s in cut
        ],
        np.int64,
    )  # fmt: skip
    assert back.shape[1] == len(FROM_FIELDS)
    to = _image_to_places(x, cut, W, before)
    carry_out_in_turn(vectors, ("to_places", to), ("convolution", products), ("from_places", back))


def by_filters(x: Array, dy: Array, H: int, W: int, vectors: Vectors) -> Array:
    """The gradient by the filters (K, C, 3, 3) of the convolution of x with an output (n, H, W, K), for that by the
    output among zeros: dy (n, whole tiles, whole tiles, K)."""
    found = np.empty((dy.shape[3], x.shape[3], 3, 3), np.float32)
    for k in _chunks(dy.shape[3], x.shape[3], vectors):
        _by_filters(x, dy[..., k], H, W, found[k], vectors)
    return found


def _by_filters(x: Array, dy: Array, H: int, W: int, found: Array, vectors: Vectors) -> None:
    n, C, K = len(x), x.shape[3], dy.shape[3]
    cut = list(_strips(n, H, W, C, K, vectors))
    count = max(_tiles(strip, W) for strip in cut)
    of_x, of_y = Places(count, C, vectors), Places(count, K, vectors)
    total = np.zeros((PLACES, C, _whole(K, vectors)), np.float32)
    taps, row = 4 * np.arange(C), np.zeros(2, np.int64)
    every = np.arange(PLACES)
    sums = np.empty((len(cut), PLACES, len(GRADIENT_FIELDS)), np.int64)
    sums[:] = (
        0, 0, 0, taps.ctypes.data, row.ctypes.data, C, 1, 0, of_x.tile, of_y.tile, total.strides[1], K,
    )  # fmt: skip
    sums[:, :, 0], sums[:, :, 1] = of_x.at(every), of_y.at(every)
    sums[:, :, 2] = total.ctypes.data + every * total.strides[0]
    sums[:, :, GRADIENT_FIELDS.index("cells")] = np.array([_tiles(strip, W) for strip in cut])[:, None]
    gradient = np.array(
        [
            (
                _address(dy, s, STEP), of_y.array.ctypes.data, s.n1 - s.n0, s.r1 - s.r0, tiles(W, STEP),
                dy.strides[0], STEP * dy.strides[1], STEP * dy.strides[2], *dy.strides[1:3], of_y.tile, of_y.place, K,
            )
            for s in cut
        ],
        np.int64,
    )  # fmt: skip
    to = _image_to_places(x, cut, W, of_x)
    carry_out_in_turn(vectors, ("to_places", to), ("gradient_to_places", gradient), ("by_filters", sums))
    _from_places(total, found, vectors)


def to_places(taps: Array, C: int, K: int, vectors: Vectors) -> Array:
    """Packed filters at all places, each packed alike: (places, C * whole vectors of K)."""
    found = np.empty((PLACES, len(taps) // 9), np.float32)
    tables = [
        (
            taps.ctypes.data + 4 * 9 * C * first, found.ctypes.data + 4 * C * first, 1, 1, C,
            0, 0, 4 * whole, 3 * 4 * C * whole, 4 * C * whole, 4 * whole, found.strides[0], whole,
        )
        for first, _, whole in panels(K, vectors)
    ]  # fmt: skip
    carry_out("filters_to_places", vectors, np.array(tables, np.int64))
    return found


def _from_places(total: Array, found: Array, vectors: Vectors) -> None:
    """Write filters (K, C, 3, 3) for sums at all places (places, C, whole vectors of K)."""
    _, C, width = total.shape
    taps = np.empty((9, C, width), np.float32)
    place, row, _ = total.strides
    table = (
        total.ctypes.data, taps.ctypes.data, 1, 1, C, 0, 0, row, SIDE * place, place, row, taps.strides[0], width
    )  # fmt: skip
    assert len(table) == len(SQUARE_FIELDS)
    carry_out("places_to_filters", vectors, np.array([table], np.int64))
    unpacked(taps, found, vectors)


def _image_to_places(x: Array, cut: list[Strip], W: int, room: Places) -> NDArray[np.int64]:
    tables = [
        (
            _address(x, s, STEP), room.array.ctypes.data, s.n1 - s.n0, s.r1 - s.r0, tiles(W, STEP), *x.strides[:3],
            room.tile, room.place, x.shape[3],
        )
        for s in cut
    ]  # fmt: skip
    assert len(tables[0]) == len(TO_FIELDS)
    return np.array(tables, np.int64)


def _strips(n: int, H: int, W: int, C: int, K: int, vectors: Vectors) -> Iterator[Strip]:
    """Of rows of tiles. Each strip passes over all filters, so it is as large as they are, or fits the cache."""
    row = PLACES * tiles(W, STEP) * (_whole(C, vectors) + _whole(K, vectors))
    return strips(n, tiles(H, STEP), K, row, room=max(ROOM, PLACES * C * K))


def _tiles(strip: Strip, W: int) -> int:
    return (strip.n1 - strip.n0) * (strip.r1 - strip.r0) * tiles(W, STEP)


def _address(x: Array, strip: Strip, step: int) -> int:
    return int(x.ctypes.data + strip.n0 * x.strides[0] + step * strip.r0 * x.strides[1])


def _whole(channels: int, vectors: Vectors) -> int:
    return -(-channels // vectors.lanes) * vectors.lanes
