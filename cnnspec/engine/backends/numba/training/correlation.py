"""Convolution and its adjoint by native code, on (N, H, W, C) of float32.

Both are sums over taps of what lies so many bytes further. The adjoint is taken phase by phase of the stride: the
cells of an image that are S apart are seen by the same taps, so each phase is a convolution of stride 1 of the
gradient, by some of the filters' taps. What follows from shapes alone is worked out once.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from math import inf

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.tables import CONVOLUTION_FIELDS
from .....kernels.compiled.vectors import Vectors
from .....kernels.strips import strips
from ..direct import FEW_CELLS, PANEL_BYTES, STRIP, name_of_convolution
from ..kernel import two_limits
from ..phases import phases
from .addresses import address
from .border import with_border
from .calls import EACH, Native, cut, owners
from .filters import Packing, Pieces, carried_out, packing, turned_packing, whole_panels
from .moves import clear, put
from .plan import PLANS, Plan

MACS = 50.0
"""Multiply-accumulates of a nanosecond."""
NO_LIMITS = two_limits((-inf, inf))
Shape4 = tuple[int, ...]
Pack = Callable[[Pieces, Vectors, Native], Packing]


def correlate(
    x: Array, weight: Array, windows: SlidingWindows, G: int, native: Native, bias: Array | None = None
) -> Array:
    """The convolution of x, padded already, with weight (K, C/G, FH, FW) and perhaps a bias (K,): (N, rows, columns,
    K)."""
    rows, columns = windows
    K, C = len(weight) // G, weight.shape[1]
    y = native.empty((len(x), rows.outputs, columns.outputs, len(weight)))
    places = tuple(range(0, rows.F * rows.D, rows.D)), tuple(range(0, columns.F * columns.D, columns.D))
    for g in range(G):
        seen, out = x[..., g * C : (g + 1) * C], y[..., g * K : (g + 1) * K]
        pack = partial(packing, weight[g * K : (g + 1) * K])
        own_bias = None if bias is None else bias[g * K : (g + 1) * K]
        _convolve(seen, pack, places, (rows.S, columns.S), out, native, own_bias)
    return y


def adjoint(dy: Array, weight: Array, windows: SlidingWindows, G: int, native: Native) -> Array:
    """What the adjoint of `correlate` makes of dy (N, rows, columns, K): an image (N, H, W, C) without its padding."""
    rows, columns = phases(windows)
    dy, low = with_border(dy, windows, native)
    K, C = len(weight) // G, weight.shape[1]
    dx = native.empty((len(dy), windows[0].size, windows[1].size, C * G))
    for down in rows:
        for across in columns:
            part = dx[:, down.first :: windows[0].S, across.first :: windows[1].S]
            if not (down.taps and across.taps):
                clear(part, native)
                continue
            places = tuple(cell + low[0] for cell in down.cells), tuple(cell + low[1] for cell in across.cells)
            for g in range(G):
                own = weight[g * K : (g + 1) * K]
                pack = partial(turned_packing, own, rows=down.taps, columns=across.taps)
                out = part[..., g * C : (g + 1) * C]
                _convolve(dy[..., g * K : (g + 1) * K], pack, places, (1, 1), out, native)
    return dx


def _convolve(
    x: Array, pack: Pack, places: tuple[Shape4, Shape4], steps: tuple[int, int], out: Array, native: Native,
    bias: Array | None = None,
) -> None:  # fmt: skip
    """Write to `out` (n, H, W, K) the sums over taps, whose rows and columns stand in `places`, of x (n, ..., C), from
    its first cell on, times the filters that are packed, and the bias."""
    if not out.size:
        return
    n, H, W, K = out.shape
    vectors = native.vectors.fitting(K)
    work = out.size * x.shape[3] * len(places[0]) * len(places[1]) / MACS
    # Where cells are few, all of them meet each panel of filters before the next one: it is packed where it is used.
    are_few = n * H * W <= FEW_CELLS and vectors.lanes < K
    hands = native.hands(vectors.whole(K) // vectors.lanes if are_few else n * H, work)
    shares = _shares(K, hands, vectors) if are_few else ()
    found = pack(sum(shares, ()) or whole_panels(K, vectors), vectors, native)
    name = name_of_convolution(K, native.vectors)
    plan = _products(x.shape[3], x.strides, places, steps, out.shape, out.strides, shares, hands, vectors)
    scratch = native.empty((hands, 3 * plan.cells), np.int64)
    start = _no_bias(vectors.whole(K)) if bias is None else _whole(bias, vectors, native)
    tables = native.at(plan, x=x, out=out, filters=found.panels, bias=start, table=scratch)
    if are_few:
        native.carry_out_in_turn((found.name, found.tables, EACH), (name, tables, EACH), owners=plan.owners)
    else:
        carried_out(found, native)
        native.carry_out(name, tables, plan.owners)


@lru_cache(PLANS)
def _no_bias(width: int) -> Array:
    return np.zeros(width, np.float32)


def _whole(bias: Array, vectors: Vectors, native: Native) -> Array:
    """A bias (K,) and what makes whole vectors of it, which may be anything."""
    K = len(bias)
    total = native.empty((vectors.whole(K),))
    put(bias, total[:K], native)
    return total


@lru_cache(PLANS)
def _shares(K: int, hands: int, vectors: Vectors) -> tuple[Pieces, ...]:
    """For each of so many threads its own of K filters, in pieces no wider than a panel and about as wide as others."""
    lanes = vectors.lanes
    found = []
    for share in cut(vectors.whole(K) // lanes, hands):
        count = share.stop - share.start
        firsts = [lanes * (share.start + piece.start) for piece in cut(count, -(-count // vectors.columns))]
        ends = [*firsts[1:], min(lanes * share.stop, K)]
        found.append(tuple((first, end - first) for first, end in zip(firsts, ends, strict=True)))
    return tuple(found)


@lru_cache(PLANS)
def _products(
    C: int, x_steps: Shape4, places: tuple[Shape4, Shape4], steps: tuple[int, int], out: Shape4, out_steps: Shape4,
    shares: tuple[Pieces, ...], hands: int, vectors: Vectors,
) -> Plan:  # fmt: skip
    """Of `_convolve`: a call for each strip, by all filters; or for each of the pieces of filters that threads share,
    with all cells."""
    n, H, W, K = out
    image, row, cell, _ = x_steps
    down, across = (np.array(place) for place in places)
    depth = C
    if cell == 4 * C and (np.diff(across) == 1).all():  # cells beside each other are one longer tap
        depth, across = C * len(across), across[:1]
    taps = np.add.outer(down * row, across * cell).reshape(-1)
    most = max(1, PANEL_BYTES // (4 * vectors.panel))
    tap_block, depth_block = (max(1, most // depth), depth) if depth <= most else (1, -(-depth // -(-depth // most)))
    if shares:
        parts = np.array([(0, n, 0, H, *piece) for pieces in shares for piece in pieces], np.int64)
        owned = np.repeat(np.arange(len(shares)), [len(pieces) for pieces in shares])
    else:
        cost = W * (C * steps[0] * steps[1] + K)
        parts = np.array([(s.n0, s.n1, s.r0, s.r1, 0, K) for s in strips(n, H, K, cost, room=STRIP)], np.int64)
        owned = owners(len(parts), hands)
    n0, n1, r0, r1, k0, channels = parts.T
    cells = int(((n1 - n0) * (r1 - r0)).max()) * W
    tables = np.empty((len(parts), len(CONVOLUTION_FIELDS)), np.int64)
    tables[:] = (
        *(0, 0, 0, 0, 0, address(NO_LIMITS), address(taps), 0),
        *(0, 0, W, image, steps[0] * row, steps[1] * cell, *out_steps[:3], 0, 0, 0),
        *(len(taps), tap_block, depth, depth_block, 0),
    )
    tables[:, 0] = n0 * image + r0 * steps[0] * row
    tables[:, 1] = n0 * out_steps[0] + r0 * out_steps[1] + 4 * k0
    tables[:, 3], tables[:, 4] = 4 * k0 * len(taps) * depth, 4 * k0
    tables[:, 7] = owned * 8 * 3 * cells
    tables[:, 8], tables[:, 9] = n1 - n0, r1 - r0
    tables[:, 24] = channels
    return Plan(tables, CONVOLUTION_FIELDS, (taps,), owned, cells)
