"""Convolution, its adjoint and its gradient by filters, by native code, on (N, H, W, C) of float32.

All three are sums over taps of what lies so many bytes further. The adjoint is taken phase by phase of the stride: the
cells of an image that are S apart are seen by the same taps, so each phase is a convolution of stride 1 of the
gradient, by some of the filters' taps.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.compiled.gradients import FIELDS as GRADIENT_FIELDS
from .....kernels.compiled.packing import padded_bias
from .....kernels.compiled.vectors import Vectors
from .....kernels.strips import CACHE, strips
from ..direct import PANEL_BYTES, STRIP
from ..kernel import two_limits
from .calls import carry_out, row_table, rows_in_strips
from .filters import packed, turned_and_packed, unpacked
from .phases import phases, with_border

CONVOLVE_FIELDS = 25
"""Whole numbers in the table of `kernels/compiled/convolution.py`."""
NO_LIMITS = two_limits((-inf, inf))


def correlate(x: Array, weight: Array, windows: SlidingWindows, G: int, vectors: Vectors) -> Array:
    """The convolution of x, padded already, with weight (K, C/G, FH, FW): (N, rows, columns, K)."""
    rows, columns = windows
    K, C = len(weight) // G, weight.shape[1]
    y = np.empty((len(x), rows.outputs, columns.outputs, len(weight)), np.float32)
    down, across = np.arange(rows.F) * rows.D, np.arange(columns.F) * columns.D
    for g in range(G):
        seen, out = x[..., g * C : (g + 1) * C], y[..., g * K : (g + 1) * K]
        filters = packed(weight[g * K : (g + 1) * K], vectors)
        _convolve(seen, filters, (down, across), (rows.S, columns.S), out, vectors)
    return y


def adjoint(dy: Array, weight: Array, windows: SlidingWindows, G: int, vectors: Vectors) -> Array:
    """What the adjoint of `correlate` makes of dy (N, rows, columns, K): an image (N, H, W, C) without its padding."""
    rows, columns = phases(windows)
    dy, low = with_border(dy, windows, (rows, columns))
    K, C = len(weight) // G, weight.shape[1]
    dx = np.empty((len(dy), windows[0].size, windows[1].size, C * G), np.float32)
    for down in rows:
        for across in columns:
            part = dx[:, down.first :: windows[0].S, across.first :: windows[1].S]
            if not (down.taps and across.taps):
                part[...] = 0
                continue
            offsets = np.array(down.cells) + low[0], np.array(across.cells) + low[1]
            for g in range(G):
                filters = turned_and_packed(weight[g * K : (g + 1) * K], vectors, down.taps, across.taps)
                out = part[..., g * C : (g + 1) * C]
                _convolve(dy[..., g * K : (g + 1) * K], filters, offsets, (1, 1), out, vectors)
    return dx


def by_filters(x: Array, dy: Array, windows: SlidingWindows, G: int, vectors: Vectors) -> Array:
    """The gradient by the filters (K, C/G, FH, FW) of `correlate`, for that by its output. Cells are added up in
    reading order."""
    rows, columns = windows
    N, H, W, _ = dy.shape
    K, C = dy.shape[3] // G, x.shape[3] // G
    _, x_row, x_cell, _ = x.strides
    down, across = np.arange(rows.F) * rows.D * x_row, np.arange(columns.F) * columns.D * x_cell
    taps = (down[:, None, None] + across[:, None] + 4 * np.arange(C)).reshape(-1)
    places = row_table((N, H), (x.strides[0], rows.S * x_row), dy.strides)
    first, count = rows_in_strips(N * H, W * (C * G * rows.S * columns.S + K * G), CACHE)
    whole = -(-K // vectors.lanes) * vectors.lanes
    found = np.empty((K * G, C, rows.F, columns.F), np.float32)
    for g in range(G):
        total = np.zeros((len(taps), whole), np.float32)
        tables = np.empty((len(first), len(GRADIENT_FIELDS)), np.int64)
        tables[:] = (
            x.ctypes.data + 4 * g * C, dy.ctypes.data + 4 * g * K, total.ctypes.data, taps.ctypes.data, 0,
            len(taps), 0, W, columns.S * x_cell, dy.strides[2], total.strides[0], K,
        )  # fmt: skip
        tables[:, GRADIENT_FIELDS.index("row_table")] = places.ctypes.data + places.strides[0] * first
        tables[:, GRADIENT_FIELDS.index("rows")] = count
        carry_out("by_filters", vectors, tables)
        unpacked(total.reshape(-1, C, whole), found[g * K : (g + 1) * K], vectors)
    return found


def _convolve(
    x: Array,
    filters: Array,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    steps: tuple[int, int],
    out: Array,
    vectors: Vectors,
) -> None:
    """Write to `out` (n, H, W, K) the sums over taps, whose rows and columns stand in `places`, of x (n, ..., C), from
    its first cell on, times packed filters."""
    n, H, W, K = out.shape
    if not out.size:
        return
    C = x.shape[3]
    image, row, cell, _ = x.strides
    down, across = places
    depth = C
    if cell == 4 * C and (np.diff(across) == 1).all():  # cells beside each other are one longer tap
        depth, across = C * len(across), across[:1]
    taps = np.add.outer(down * row, across * cell).reshape(-1).astype(np.int64)
    bias = padded_bias(np.zeros(K, np.float32), vectors)
    most = max(1, PANEL_BYTES // (4 * vectors.panel))
    tap_block, depth_block = (max(1, most // depth), depth) if depth <= most else (1, -(-depth // -(-depth // most)))
    cost = W * (C * steps[0] * steps[1] + K)
    parts = np.array([(s.n0, s.n1, s.r0, s.r1) for s in strips(n, H, K, cost, room=STRIP)], np.int64)
    n0, n1, r0, r1 = parts.T
    table = np.empty(3 * int(((n1 - n0) * (r1 - r0)).max()) * W, np.int64)
    tables = np.empty((len(parts), CONVOLVE_FIELDS), np.int64)
    tables[:] = (
        *(0, 0, 0, filters.ctypes.data, bias.ctypes.data, NO_LIMITS.ctypes.data, taps.ctypes.data, table.ctypes.data),
        *(0, 0, W, image, steps[0] * row, steps[1] * cell, *out.strides[:3], 0, 0, 0),
        *(len(taps), tap_block, depth, depth_block, K),
    )
    tables[:, 0] = x.ctypes.data + n0 * image + r0 * steps[0] * row
    tables[:, 1] = out.ctypes.data + n0 * out.strides[0] + r0 * out.strides[1]
    tables[:, 8], tables[:, 9] = n1 - n0, r1 - r0
    carry_out("convolution", vectors, tables)
