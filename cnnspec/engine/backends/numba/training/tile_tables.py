"""Tables of the calls by which strips of tiles go to the places of Winograd's F(4x4, 3x3), and of those there.

They are worked out once for shapes. Strips of as many tiles have the same products: these have one table.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import NamedTuple

import numpy as np

from .....graph.window import tiles
from .....kernels.compiled.layout import STEP
from .....kernels.compiled.tables import CONVOLUTION_FIELDS, FILTER_GRADIENT_FIELDS, FROM_PLACES_FIELDS, SQUARE_FIELDS
from .....kernels.compiled.vectors import Vectors
from .....kernels.strips import strips
from ..direct import PANEL_BYTES
from ..kernel import two_limits
from ..winograd import PLACES, ROOM
from .calls import Numbers, owners
from .plan import PLANS, Plan

LINE = 16
"""float32 values of a cache line, by which places lie further apart than their values: what is written to all places
in turn else falls on few lines of the cache."""
NO_LIMITS = two_limits((-inf, inf))
ONE_TAP = np.zeros(1, np.int64)
EVERY = np.arange(PLACES)
Shape = tuple[int, ...]


class Places(NamedTuple):
    """Where the values of tiles lie at all places: bytes from tile to tile, from place to place, and from a thread's
    first place to the next one's."""

    tile: int
    place: int
    hand: int

    def room(self, hands: int) -> tuple[int]:
        """float32 values for so many threads."""
        return (hands * self.hand // 4,)


class Convolution(NamedTuple):
    """For each strip a row of `to`, that of `products` which `of_strip` tells, and a row of `back`; where the values
    lie before and after the products; the tiles of the largest strip; each strip's thread."""

    to: Plan
    products: Plan
    of_strip: Numbers
    back: Plan
    before: Places
    after: Places
    most: int
    owners: Numbers


class Sums(NamedTuple):
    """For each strip a row of `of_x` and of `of_dy`, and that of `sums` which `of_strip` tells."""

    of_x: Plan
    of_dy: Plan
    sums: Plan
    of_strip: Numbers
    x: Places
    dy: Places


@lru_cache(PLANS)
def convolution(
    x: Shape, x_steps: Shape, before: tuple[int, int], out: Shape, out_steps: Shape, hands: int, vectors: Vectors
) -> Convolution:
    """Of x (n, rows, columns, C), whose first tile begins so many cells `before` it, to `out` (n, H, W, K)."""
    n, H, W, K = out
    C, width = x[3], vectors.whole(K)
    parts = _strips(n, H, W, C, K, vectors)
    count = _tiles(parts, W)
    most, owned = int(count.max()), owners(len(parts), hands)
    of_x, of_out = _places(most, C, vectors), _places(most, K, vectors)
    kinds, of_strip = np.unique(np.stack([owned, count], axis=1), axis=0, return_inverse=True)
    owner, number = kinds.T[:, :, None]
    bias = np.zeros(width, np.float32)
    products = np.empty((len(kinds), PLACES, len(CONVOLUTION_FIELDS)), np.int64)
    products[:] = (
        *(0, 0, 0, 0, bias.ctypes.data, NO_LIMITS.ctypes.data, ONE_TAP.ctypes.data, 0, 1, 1, 0),
        *(0, 0, of_x.tile, 0, 0, of_out.tile, 0, 0, 0),
        *(1, 1, C, -(-C // -(-C * vectors.panel * 4 // PANEL_BYTES)), K),
    )
    for name, values in (
        ("x", of_x.hand * owner + of_x.place * EVERY),
        ("out", of_out.hand * owner + of_out.place * EVERY),
        ("filters", 4 * C * width * EVERY),
        ("table", 8 * 3 * most * owner),
        ("columns", number),
    ):
        products[:, :, CONVOLUTION_FIELDS.index(name)] = values
    n0, n1, r0, r1 = parts.T
    back = np.empty((len(parts), len(FROM_PLACES_FIELDS)), np.int64)
    back[:] = (
        *(0, 0, 0, bias.ctypes.data, NO_LIMITS.ctypes.data, 0, 0, W, of_out.tile, of_out.place),
        *(*out_steps[:3], 0, 0, 0, K),
    )
    for name, values in (
        ("places", of_out.hand * owned),
        ("out", n0 * out_steps[0] + STEP * r0 * out_steps[1]),
        ("images", n1 - n0),
        ("rows", np.minimum(STEP * r1, H) - STEP * r0),
    ):
        back[:, FROM_PLACES_FIELDS.index(name)] = values
    return Convolution(
        _to_places(x, x_steps, before, parts, W, of_x, owned),
        Plan(products, CONVOLUTION_FIELDS, (bias,), owned),
        of_strip.reshape(-1),
        Plan(back, FROM_PLACES_FIELDS, (bias,), owned),
        *(of_x, of_out, most, owned),
    )


@lru_cache(PLANS)
def sums(
    x: Shape, x_steps: Shape, before: tuple[int, int], dy: Shape, dy_steps: Shape, hands: int, vectors: Vectors
) -> Sums:
    """Of the products of x, as above, and dy (n, H, W, K), for strips that fit the caches of so many threads."""
    n, H, W, K = dy
    C = x[3]
    parts = _strips(n, H, W, C, K, vectors, hands)
    count = _tiles(parts, W)
    of_x, of_dy = (_places(int(count.max()), channels, vectors) for channels in (C, K))
    numbers, of_strip = np.unique(count, return_inverse=True)
    row, step = np.zeros(2, np.int64), 4 * vectors.whole(K)
    taps = np.stack([4 * np.arange(C), step * np.arange(C)], axis=1)
    tables = np.empty((len(numbers), PLACES, len(FILTER_GRADIENT_FIELDS)), np.int64)
    tables[:] = 0, 0, 0, taps.ctypes.data, row.ctypes.data, C, 1, 0, of_x.tile, of_dy.tile, K, 0
    for name, values in (
        ("x", of_x.place * EVERY),
        ("y", of_dy.place * EVERY),
        ("out", C * step * EVERY),
        ("cells", numbers[:, None]),
    ):
        tables[:, :, FILTER_GRADIENT_FIELDS.index(name)] = values
    alone = np.zeros(len(parts), np.int64)
    return Sums(
        _to_places(x, x_steps, before, parts, W, of_x, alone),
        _to_places(dy, dy_steps, (0, 0), parts, W, of_dy, alone),
        Plan(tables, FILTER_GRADIENT_FIELDS, (taps, row), alone),
        of_strip.reshape(-1),
        *(of_x, of_dy),
    )


def _to_places(
    x: Shape, steps: Shape, before: tuple[int, int], parts: Numbers, W: int, places: Places, owned: Numbers
) -> Plan:
    """For each strip the table that brings its tiles, of the image or of the output's gradient, to the places."""
    image, row, column, _ = steps
    top, left = before
    n0, n1, r0, r1 = parts.T
    tables = np.empty((len(parts), len(SQUARE_FIELDS)), np.int64)
    tables[:] = (
        *(0, 0, 0, 0, tiles(W, STEP), image, STEP * row, STEP * column, row, column),
        *(places.tile, places.place, x[3], 0, -left, *x[1:3], STEP),
    )
    for name, values in (
        ("x", n0 * image + (STEP * r0 - top) * row - left * column),
        ("out", places.hand * owned),
        ("images", n1 - n0),
        ("down", r1 - r0),
        ("row", STEP * r0 - top),
    ):
        tables[:, SQUARE_FIELDS.index(name)] = values
    return Plan(tables, SQUARE_FIELDS, (), owned)


def _strips(n: int, H: int, W: int, C: int, K: int, vectors: Vectors, hands: int = 1) -> Numbers:
    """The first image, the end of the images, the first row of tiles and the end of these, of each strip. A strip
    passes over all filters, so it is as large as they are, or fits the caches of so many threads."""
    row = PLACES * tiles(W, STEP) * (vectors.whole(C) + vectors.whole(K))
    found = strips(n, tiles(H, STEP), K, row, room=max(hands * ROOM, PLACES * C * K))
    return np.array([(s.n0, s.n1, s.r0, s.r1) for s in found], np.int64)


def _tiles(parts: Numbers, W: int) -> Numbers:
    n0, n1, r0, r1 = parts.T
    found: Numbers = (n1 - n0) * (r1 - r0) * tiles(W, STEP)
    return found


def _places(count: int, channels: int, vectors: Vectors) -> Places:
    """For so many tiles."""
    width = vectors.whole(channels)
    place = 4 * (count * width + LINE)
    return Places(4 * width, place, PLACES * place)
