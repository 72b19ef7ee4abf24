"""Convolution of 3x3 at stride 1 in training by Winograd's F(4x4, 3x3), and its gradient by filters.

The gradient by the image is such a convolution of the output's gradient. The gradient by the filters is the adjoint of
each step (`kernels/compiled/transforms.py`): both images go to the places, where their products are summed over all
tiles, and the sums come back as filters. Images are (N, H, W, C) of float32; beyond them tiles see zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows, tiles
from .....kernels.compiled.convolution import FIELDS as PRODUCT_FIELDS
from .....kernels.compiled.gradients import FIELDS as GRADIENT_FIELDS
from .....kernels.compiled.layout import SIDE, STEP, WITHIN
from .....kernels.compiled.packing import panels
from .....kernels.compiled.transforms import FIELDS as TILE_FIELDS
from .....kernels.compiled.vectors import Vectors
from .....kernels.compiled.winograd import FROM_FIELDS
from .....kernels.strips import Strip, strips
from .....kernels.training.padding import is_mirrored
from ..direct import PANEL_BYTES
from ..kernel import two_limits
from ..kernel_selection import is_for_tiles
from ..winograd import PLACES, ROOM
from .calls import Native, Numbers, address, cut, owners
from .filters import packed, turned_and_packed, unpacked

MACS = 52.0
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
EVERY = np.arange(PLACES)


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
    found = np.empty((dy.shape[3], x.shape[3], 3, 3), np.float32)
    for k in _chunks(dy.shape[3], x.shape[3], native.vectors):
        _by_filters(x, dy[..., k], windows, found[k], native)
    return found


class Places:
    """Room for the values of `count` tiles at all places, whole vectors of channels, for each of some threads."""

    def __init__(self, count: int, channels: int, hands: int, native: Native) -> None:
        width = native.whole(channels)
        self.tile, self.place = 4 * width, 4 * (count * width + LINE)
        self.hand = PLACES * self.place
        self.array = np.empty(hands * self.hand // 4, np.float32)

    def of(self, owners: Numbers) -> Numbers:
        """Addresses of the threads' first tiles at the first place."""
        return address(self.array) + self.hand * owners


def _convolve(x: Array, filters: Array, windows: SlidingWindows, out: Array, native: Native) -> None:
    """With packed filters."""
    n, H, W, K = out.shape
    C = x.shape[3]
    strips = list(_strips(n, H, W, C, K, native))
    count = [_tiles(strip, W) for strip in strips]
    owned = owners(len(strips), native.hands(len(strips), _nanoseconds(sum(count), C, K)))
    hands = int(owned[-1]) + 1
    before, after = Places(max(count), C, hands, native), Places(max(count), K, hands, native)
    table, bias = np.empty((hands, 3 * max(count)), np.int64), np.zeros(native.whole(K), np.float32)
    places = to_places(filters, C, K, native)
    products = np.empty((len(strips), PLACES, len(PRODUCT_FIELDS)), np.int64)
    products[:] = (
        0, 0, 0, 0, address(bias), address(NO_LIMITS), address(ONE_TAP), 0, 1, 1, 0,
        0, 0, before.tile, 0, 0, after.tile, 0, 0, 0,
        1, 1, C, -(-C // -(-C * native.vectors.panel * 4 // PANEL_BYTES)), K,
    )  # fmt: skip
    products[:, :, 0] = before.of(owned)[:, None] + before.place * EVERY
    products[:, :, 1] = after.of(owned)[:, None] + after.place * EVERY
    products[:, :, 3] = address(places) + places.strides[0] * EVERY
    products[:, :, 7] = (address(table) + table.strides[0] * owned)[:, None]
    products[:, :, PRODUCT_FIELDS.index("columns")] = np.array(count)[:, None]
    back = np.empty((len(strips), len(FROM_FIELDS)), np.int64)
    back[:] = (
        0, 0, 0, address(bias), address(NO_LIMITS), 0, 0, W, after.tile, after.place, *out.strides[:3], 0, 0, 0, K
    )  # fmt: skip
    back[:, 0], back[:, 1] = after.of(owned), _begins(out, strips)
    back[:, 5], back[:, 6] = np.array([(s.n1 - s.n0, min(STEP * s.r1, H) - STEP * s.r0) for s in strips]).T
    to = _image_to_places(x, _before(windows), strips, W, before, before.of(owned))
    native.carry_out_in_turn(("to_places", to), ("convolution", products), ("from_places", back), owners=owned)


def _by_filters(x: Array, dy: Array, windows: SlidingWindows, found: Array, native: Native) -> None:
    """Tiles are added up in order, whoever does it: threads share the places, once those of a strip are there."""
    n, H, W, K = dy.shape
    C = x.shape[3]
    hands = native.hands(PLACES, _nanoseconds(n * tiles(H, STEP) * tiles(W, STEP), C, K))
    strips = list(_strips(n, H, W, C, K, native, hands))
    count = [_tiles(strip, W) for strip in strips]
    of_x, of_y = (Places(max(count), channels, 1, native) for channels in (C, K))
    total = np.zeros((PLACES, C, native.whole(K)), np.float32)
    taps, row = 4 * np.arange(C), np.zeros(2, np.int64)
    sums = np.empty((len(strips), PLACES, len(GRADIENT_FIELDS)), np.int64)
    sums[:] = 0, 0, 0, address(taps), address(row), C, 1, 0, of_x.tile, of_y.tile, total.strides[1], K
    sums[:, :, 0], sums[:, :, 1] = address(of_x.array) + of_x.place * EVERY, address(of_y.array) + of_y.place * EVERY
    sums[:, :, 2] = address(total) + total.strides[0] * EVERY
    sums[:, :, GRADIENT_FIELDS.index("cells")] = np.array(count)[:, None]
    to, gradient = (
        _image_to_places(image, first, strips, W, room, np.full(len(strips), address(room.array)))
        for image, first, room in ((x, _before(windows), of_x), (dy, (0, 0), of_y))
    )
    if hands == 1:
        steps = ("to_places", to), ("gradient_to_places", gradient), ("by_filters", sums)
        native.carry_out_in_turn(*steps, owners=np.zeros(len(strips), np.int64))
    else:
        for i in range(len(strips)):
            native.carry_out("to_places", *_shared(to[i], hands))
            native.carry_out("gradient_to_places", *_shared(gradient[i], hands))
            native.carry_out("by_filters", sums[i], owners(PLACES, hands))
    _from_places(total, found, native)


def _shared(table: Numbers, hands: int) -> tuple[Numbers, Numbers]:
    """A transform of a strip cut into one for each thread: by images, or by rows of tiles of the only one."""
    names = ("images", "down", "across", "x_image", "x_down", "tile")
    images, rows, across, image, down, tile = (int(table[TILE_FIELDS.index(name)]) for name in names)
    axis, size, step, each = ("images", images, image, rows) if images > 1 else ("down", rows, down, 1)
    parts = cut(size, hands)
    tables = np.tile(table, (len(parts), 1))
    for row, part in zip(tables, parts, strict=True):
        row[0] += part.start * step
        row[1] += part.start * each * across * tile
        row[TILE_FIELDS.index(axis)] = part.stop - part.start
        row[TILE_FIELDS.index("row")] += STEP * part.start * (axis == "down")
    return tables, np.arange(len(parts))


def to_places(taps: Array, C: int, K: int, native: Native) -> Array:
    """Packed filters at all places, each packed alike: (places, C * whole vectors of K)."""
    found = np.empty((PLACES, len(taps) // 9), np.float32)
    tables = [
        (
            address(taps) + 4 * 9 * C * first + 4 * whole * c.start,
            address(found) + 4 * C * first + 4 * whole * c.start, 1, 1, c.stop - c.start,
            0, 0, 4 * whole, 3 * 4 * C * whole, 4 * C * whole, 4 * whole, found.strides[0], whole, *WITHIN,
        )
        for first, _, whole in panels(K, native.vectors)
        for c in cut(C, native.team.count)
    ]  # fmt: skip
    hands = native.hands(len(tables), C * K * FILTER)
    native.carry_out("filters_to_places", np.array(tables, np.int64), owners(len(tables), hands))
    return found


def _from_places(total: Array, found: Array, native: Native) -> None:
    """Write filters (K, C, 3, 3) for sums at all places (places, C, whole vectors of K)."""
    _, C, width = total.shape
    taps = np.empty((9, C, width), np.float32)
    place, row, _ = total.strides
    parts = cut(C, native.hands(C, found.size / 9 * FILTER))
    tables = [
        (
            address(total) + row * c.start, address(taps) + row * c.start, 1, 1, c.stop - c.start,
            0, 0, row, SIDE * place, place, row, taps.strides[0], width, *WITHIN,
        )
        for c in parts
    ]  # fmt: skip
    native.carry_out("places_to_filters", np.array(tables, np.int64), np.arange(len(parts)))
    unpacked(taps, found, native)


def _image_to_places(
    x: Array, before: tuple[int, int], strips: list[Strip], W: int, room: Places, begins: Numbers
) -> Numbers:
    """For each strip the table that brings its tiles, of the image or of the output's gradient, to the places. The
    first tile begins so many cells `before` x."""
    image, row, column, _ = x.strides
    top, left = before
    tables = np.empty((len(strips), len(TILE_FIELDS)), np.int64)
    tables[:] = (
        0, 0, 0, 0, tiles(W, STEP), image, STEP * row, STEP * column, row, column,
        room.tile, room.place, x.shape[3], 0, -left, *x.shape[1:3], STEP,
    )  # fmt: skip
    tables[:, 0], tables[:, 1] = _begins(x, strips) - top * row - left * column, begins
    tables[:, TILE_FIELDS.index("row")] = STEP * np.array([s.r0 for s in strips]) - top
    tables[:, 2:4] = [(s.n1 - s.n0, s.r1 - s.r0) for s in strips]
    return tables


def _before(windows: SlidingWindows) -> tuple[int, int]:
    return windows[0].before, windows[1].before


def _begins(x: Array, strips: list[Strip]) -> Numbers:
    """Addresses of the strips' first cells."""
    n, r = np.array([(s.n0, s.r0) for s in strips]).T
    found: Numbers = address(x) + n * x.strides[0] + STEP * r * x.strides[1]
    return found


def _strips(n: int, H: int, W: int, C: int, K: int, native: Native, hands: int = 1) -> Iterator[Strip]:
    """Of rows of tiles. Each strip passes over all filters, so it is as large as they are, or fits the caches of so
    many threads."""
    row = PLACES * tiles(W, STEP) * (native.whole(C) + native.whole(K))
    return strips(n, tiles(H, STEP), K, row, room=max(hands * ROOM, PLACES * C * K))


def _chunks(K: int, C: int, vectors: Vectors) -> Iterator[slice]:
    """Of K filters of C channels, whole panels."""
    yield from cut(K, -(-PLACES * C * K // CHUNK), vectors.panel)


def _tiles(strip: Strip, W: int) -> int:
    return (strip.n1 - strip.n0) * (strip.r1 - strip.r0) * tiles(W, STEP)


def _nanoseconds(count: int, C: int, K: int) -> float:
    """Of so many tiles."""
    return count * (PLACES * (C * K / MACS + CELL) + (C + K) * TRANSFORM)
