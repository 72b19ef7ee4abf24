"""Convolution of 3x3 at stride 1 in training by Winograd's F(4x4, 3x3), and its gradient by filters.

The gradient by the image is such a convolution of the output's gradient. The gradient by the filters is the adjoint of
each step (`kernels/compiled/transforms.py`): both images go to the places, where their products are summed over all
tiles, and the sums come back as filters. Images are (N, H, W, C) of float32; beyond them tiles see zeros.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows, tiles
from .....kernels.compiled.layout import SIDE, STEP, WITHIN
from .....kernels.compiled.packing import panels
from .....kernels.compiled.tables import SQUARE_FIELDS
from .....kernels.compiled.vectors import Vectors
from .....kernels.training.padding import is_mirrored
from ..kernel_selection import is_for_tiles
from ..winograd import PLACES
from . import tile_tables
from .calls import EACH, Native, Numbers, cut, owners
from .filters import packed, turned_and_packed, unpacked
from .moves import zeros

MACS = 52.0
"""Multiply-accumulates of a nanosecond."""
CELL, TRANSFORM, FILTER = 3.0, 5.0, 30.0
"""Nanoseconds that a cell takes beside its products; that a tile's way there or back takes for each channel; and that a
filter's channel takes, to 36 places or from there."""
CHUNK = 1 << 21
"""float32 values of filters at all places that are made and used at a time: they stay in the last cache."""
SHARED_FIELDS = "images", "down", "across", "x_image", "x_down", "tile"


def pays(windows: SlidingWindows, C: int, K: int, images: int) -> bool:
    """Whether tiles are possible both ways, and expected to be quicker than plain sums."""
    if not (is_for_tiles(windows) and is_mirrored(windows)):
        return False
    rows, columns = (window.outputs for window in windows)
    cells, count = images * rows * columns, images * tiles(rows, STEP) * tiles(columns, STEP)
    wide = -(-K // 16) * 16
    by_taps = cells * (9 * C * wide / MACS + CELL)
    return _nanoseconds(count, C, wide) + C * K * FILTER < by_taps


def convolve(x: Array, weight: Array, windows: SlidingWindows, out: Array, native: Native) -> None:
    """Write to `out` (n, H, W, K) the convolution of x (n, rows, columns, C) with weight (K, C, 3, 3)."""
    for k in _chunks(len(weight), x.shape[3], native.vectors):
        _convolve(x, packed(weight[k], native.vectors, native), windows, out[..., k], native)


def convolve_back(dy: Array, weight: Array, windows: SlidingWindows, out: Array, native: Native) -> None:
    """The same of dy with weight (K, C, 3, 3) turned, for `out` (n, H, W, C); the windows run over dy."""
    for c in _chunks(weight.shape[1], dy.shape[3], native.vectors):
        _convolve(dy, turned_and_packed(weight[:, c], native.vectors, native), windows, out[..., c], native)


def by_filters(x: Array, dy: Array, windows: SlidingWindows, native: Native) -> Array:
    """The gradient by the filters (K, C, 3, 3) of the convolution of x, for that by its output, dy (n, H, W, K)."""
    found = native.empty((dy.shape[3], x.shape[3], 3, 3))
    for k in _chunks(dy.shape[3], x.shape[3], native.vectors):
        _by_filters(x, dy[..., k], windows, found[k], native)
    return found


def _convolve(x: Array, filters: Array, windows: SlidingWindows, out: Array, native: Native) -> None:
    """With packed filters."""
    n, H, W, K = out.shape
    C = x.shape[3]
    hands = native.hands(n * tiles(H, STEP), _nanoseconds(n * tiles(H, STEP) * tiles(W, STEP), C, K))
    plan = tile_tables.convolution(x.shape, x.strides, _before(windows), out.shape, out.strides, hands, native.vectors)
    hands = int(plan.owners[-1]) + 1
    before, after = (native.empty(each.room(hands)) for each in (plan.before, plan.after))
    table = native.empty((hands, 3 * plan.most), np.int64)
    places = to_places(filters, C, K, native)
    at_places = {"x": before, "out": after, "filters": places, "table": table}
    native.carry_out_in_turn(
        ("to_places", native.at(plan.to, x=x, out=before), EACH),
        ("convolution", native.at(plan.products, **at_places), plan.of_strip),
        ("from_places", native.at(plan.back, places=after, out=out), EACH),
        owners=plan.owners,
    )


def _by_filters(x: Array, dy: Array, windows: SlidingWindows, found: Array, native: Native) -> None:
    """Tiles are added up in order, whoever does it: threads share the places, once those of a strip are there."""
    n, H, W, K = dy.shape
    C = x.shape[3]
    hands = native.hands(PLACES, _nanoseconds(n * tiles(H, STEP) * tiles(W, STEP), C, K))
    plan = tile_tables.sums(x.shape, x.strides, _before(windows), dy.shape, dy.strides, hands, native.vectors)
    x_places, dy_places = (native.empty(each.room(1)) for each in (plan.x, plan.dy))
    total = zeros((PLACES, C, native.vectors.whole(K)), native)
    of_x = native.at(plan.of_x, x=x, out=x_places)
    of_dy = native.at(plan.of_dy, x=dy, out=dy_places)
    sums = native.at(plan.sums, x=x_places, y=dy_places, out=total)
    native.carry_out_by_steps(
        ("to_places", _shared(of_x, hands), EACH, np.arange(hands)),
        ("gradient_to_places", _shared(of_dy, hands), EACH, np.arange(hands)),
        ("by_filters", sums, plan.of_strip, owners(PLACES, hands)),
    )
    _from_places(total, found, native)


def _shared(tables: Numbers, hands: int) -> Numbers:
    """Transforms of strips (strips, fields), each cut for threads (strips, hands, fields): by images, or by rows of
    tiles of the only one. A thread's part may be empty."""
    images, rows, across, image, down, tile = (tables[:, [SQUARE_FIELDS.index(name)]] for name in SHARED_FIELDS)
    by_image = images > 1
    ends = np.where(by_image, images, rows) * np.arange(hands + 1) // hands
    first, count = ends[:, :-1], np.diff(ends)
    found = np.repeat(tables[:, None], hands, axis=1)
    found[..., 0] += first * np.where(by_image, image, down)
    found[..., 1] += first * np.where(by_image, rows, 1) * across * tile
    found[..., SQUARE_FIELDS.index("images")] = np.where(by_image, count, 1)
    found[..., SQUARE_FIELDS.index("down")] = np.where(by_image, rows, count)
    found[..., SQUARE_FIELDS.index("row")] += np.where(by_image, 0, STEP * first)
    return found


def to_places(taps: Array, C: int, K: int, native: Native) -> Array:
    """Packed filters at all places, each packed alike: (places, C * whole vectors of K)."""
    found = native.empty((PLACES, len(taps) // 9))
    source, out = native.address(taps), native.address(found)
    tables = [
        (
            source + 4 * 9 * C * first + 4 * whole * c.start,
            out + 4 * C * first + 4 * whole * c.start, 1, 1, c.stop - c.start,
            0, 0, 4 * whole, 3 * 4 * C * whole, 4 * C * whole, 4 * whole, found.strides[0], whole, *WITHIN,
        )
        for first, _, whole in panels(K, native.vectors)
        for c in cut(C, native.threads)
    ]  # fmt: skip
    hands = native.hands(len(tables), C * K * FILTER)
    native.carry_out("filters_to_places", np.array(tables, np.int64), owners(len(tables), hands))
    return found


def _from_places(total: Array, found: Array, native: Native) -> None:
    """Write filters (K, C, 3, 3) for sums at all places (places, C, whole vectors of K)."""
    _, C, width = total.shape
    taps = native.empty((9, C, width))
    place, row, _ = total.strides
    source, out = native.address(total), native.address(taps)
    parts = cut(C, native.hands(C, found.size / 9 * FILTER))
    tables = [
        (
            source + row * c.start, out + row * c.start, 1, 1, c.stop - c.start,
            0, 0, row, SIDE * place, place, row, taps.strides[0], width, *WITHIN,
        )
        for c in parts
    ]  # fmt: skip
    native.carry_out("places_to_filters", np.array(tables, np.int64), np.arange(len(parts)))
    unpacked(taps, found, native)


def _before(windows: SlidingWindows) -> tuple[int, int]:
    return windows[0].before, windows[1].before


def _chunks(K: int, C: int, vectors: Vectors) -> Iterator[slice]:
    """Of K filters of C channels, whole panels."""
    yield from cut(K, -(-PLACES * C * K // CHUNK), vectors.panel)


def _nanoseconds(count: int, C: int, K: int) -> float:
    """Of so many tiles."""
    return count * (PLACES * (C * K / MACS + CELL) + (C + K) * TRANSFORM)
