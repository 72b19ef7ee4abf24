"""Pooling and the way back through it, on (N, H, W, C): along the columns, then along the rows.

A window's sum or maximum is that of its rows' sums or maxima, so that F + F views are combined in place of F*F.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...graph.array import Array
from ...graph.window import SlidingWindow, SlidingWindows, bins
from ..reference.pooling import seen_by
from .selection import selected

PoolPullback = Callable[[Array], Array]
COLUMNS, ROWS = 2, 1
"""The axes of (N, H, W, C)."""


def highest(x: Array, windows: SlidingWindows) -> tuple[Array, PoolPullback]:
    """The largest value of each window. The gradient goes to the first of equals, in reading order: along the columns
    the first is the leftmost of a row, along the rows the uppermost of these."""
    rows, columns = windows
    across, back_across = _highest(x, columns, COLUMNS)
    y, back_down = _highest(across, rows, ROWS)
    return y, lambda dy: back_across(back_down(dy))


def totals(x: Array, windows: SlidingWindows) -> tuple[Array, PoolPullback]:
    """The sum of each window; padding adds nothing."""
    rows, columns = windows
    across, back_across = _totals(x, columns, COLUMNS)
    y, back_down = _totals(across, rows, ROWS)
    return y, lambda dy: back_across(back_down(dy))


def averages(x: Array, out: tuple[int, int]) -> tuple[Array, PoolPullback]:
    """The means over bins that cover the image, along each axis."""
    rows, columns = out
    across, back_across = _means(x, columns, COLUMNS)
    y, back_down = _means(across, rows, ROWS)
    return y, lambda dy: back_across(back_down(dy))


def _means(x: Array, out: int, axis: int) -> tuple[Array, PoolPullback]:
    """The means over the bins of one axis."""
    before = (slice(None),) * axis
    arriving = x.shape
    cells = [(*before, slice(*of)) for of in bins(x.shape[axis], out)]

    def back(dy: Array) -> Array:
        dx = np.zeros(arriving, dy.dtype)
        for i, seen in enumerate(cells):
            part = dx[seen]
            part += dy[(*before, slice(i, i + 1))] / part.shape[axis]
        return dx

    return np.stack([x[seen].mean(axis=axis) for seen in cells], axis), back


def _highest(x: Array, window: SlidingWindow, axis: int) -> tuple[Array, PoolPullback]:
    """The largest value of each window along one axis, and whence it came: the tap, a byte for each output."""
    arriving, produced = x.shape, _shape(x, window, axis)
    best: Array = np.full(produced, -np.inf, x.dtype)
    which = np.zeros(produced, np.min_scalar_type(window.F))
    taps = list(_taps(window, axis))
    for tap, (cells, outputs) in enumerate(taps):
        seen, so_far, before = spaced(x, cells), best[outputs], which[outputs]
        if tap:
            better = (seen > so_far).view(np.uint8)
            np.maximum(before, np.multiply(better, tap, dtype=which.dtype), out=before)
        np.maximum(so_far, seen, out=so_far)
    if np.isnan(best.max(initial=-np.inf)):  # what is no number wins, the last one as in PyTorch
        for tap, (cells, outputs) in enumerate(taps):
            which[outputs][np.isnan(spaced(x, cells))] = tap

    def back(dy: Array) -> Array:
        dx = np.zeros(arriving, dy.dtype)
        for tap, (cells, outputs) in enumerate(taps):
            _add_spaced(dx, cells, selected(dy[outputs], which[outputs] == tap), window)
        return dx

    return best, back


def _totals(x: Array, window: SlidingWindow, axis: int) -> tuple[Array, PoolPullback]:
    """The sum of each window along one axis."""
    arriving = x.shape
    y = np.zeros(_shape(x, window, axis), x.dtype)
    taps = list(_taps(window, axis))
    for cells, outputs in taps:
        y[outputs] += spaced(x, cells)

    def back(dy: Array) -> Array:
        dx = np.zeros(arriving, dy.dtype)
        for cells, outputs in taps:
            _add_spaced(dx, cells, dy[outputs], window)
        return dx

    return y, back


def _shape(x: Array, window: SlidingWindow, axis: int) -> tuple[int, ...]:
    return (*x.shape[:axis], window.outputs, *x.shape[axis + 1 :])


def _taps(window: SlidingWindow, axis: int) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """For each tap the cells that it sees and the outputs for which it does, as indices of an array."""
    before = (slice(None),) * axis
    for tap in range(window.F):
        cells, outputs = seen_by(window, tap)
        yield (*before, cells), (*before, outputs)


def spaced(x: Array, cells: tuple[slice, ...]) -> Array:
    """x[cells]; a copy where that is every other column, whose cells are too short to be worked on one by one."""
    seen = x[cells]
    return seen if _is_joined(seen) else _whole(seen).copy().view(x.dtype)


def _add_spaced(x: Array, cells: tuple[slice, ...], values: Array, window: SlidingWindow) -> None:
    """x[cells] += values, where x is 0 before unless windows overlap."""
    seen = x[cells]
    if window.extent > window.S:
        seen += values
    elif _is_joined(seen):
        seen[...] = values
    else:
        _whole(seen)[...] = _whole(np.ascontiguousarray(values))


def _is_joined(x: Array) -> bool:
    """Whether a row's cells lie side by side, or have more values than are worth a copy."""
    return bool(x.strides[2] == x.shape[3] * x.itemsize) or x.shape[3] > 64


def _whole(x: Array) -> NDArray[np.void]:
    """x (N, H, W, C) with the bytes of a cell as one item (N, H, W, 1), which is copied at once."""
    whole: NDArray[np.void] = x.view(np.dtype((np.void, x.shape[3] * x.itemsize)))
    return whole


def highest_of_all(x: Array) -> tuple[Array, PoolPullback]:
    """The largest value of each channel; the gradient goes to the first of equals."""
    N, H, W, C = x.shape
    values = x.reshape(N, H * W, C)
    where = values.argmax(axis=1, keepdims=True)
    if np.isnan(values.max(initial=-np.inf)):  # the last of those that are no number, as in `highest`
        lacking = np.isnan(values)
        last = H * W - 1 - lacking[:, ::-1].argmax(axis=1, keepdims=True)
        where = np.where(lacking.any(axis=1, keepdims=True), last, where)

    def back(dy: Array) -> Array:
        dx = np.zeros((N, H * W, C), dy.dtype)
        np.put_along_axis(dx, where, dy.reshape(N, 1, C), axis=1)
        return dx.reshape(N, H, W, C)

    return np.take_along_axis(values, where, axis=1).reshape(N, 1, 1, C), back
