"""Layers whose cells look at a window, a bin or the whole of what arrives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


# The window's geometry, found by walking instead of by formula.


def extent(layer: Any, axis: int) -> int:
    """Cells from the first to the last tap."""
    taps = [i * dilation(layer, axis) for i in range(layer.F[axis])]
    return taps[-1] - taps[0] + 1


def dilation(layer: Any, axis: int) -> int:
    return int(layer.D[axis]) if hasattr(layer, "D") else 1


def stride(layer: Any, axis: int) -> int:
    return int((layer.S or layer.F)[axis])


def padding(layer: Any, axis: int, size: int) -> tuple[int, int]:
    """Cells before and after. The rule of `same-upper` is TensorFlow's, in the words of its manual."""
    P, S = layer.P, stride(layer, axis)
    if P == "valid":
        return 0, 0
    if P == "same":
        return extent(layer, axis) // 2, extent(layer, axis) // 2
    if P == "same-upper":
        total = max(extent(layer, axis) - (S if size % S == 0 else size % S), 0)
        return total // 2, total - total // 2
    if isinstance(P, int):
        return P, P
    if isinstance(P, tuple):
        return P[axis], P[axis]
    return ((P.top, P.bottom), (P.left, P.right))[axis]


def starts(layer: Any, axis: int, size: int) -> list[int]:
    """First cell of each window, counted from the input's first cell."""
    before, after = padding(layer, axis, size)
    places: list[int] = []
    start = -before
    while True:
        beyond = start + extent(layer, axis) - (size + after)
        hangs = getattr(layer, "rounding", None) == "ceil" and beyond < stride(layer, axis) and start < size
        if beyond > 0 and not hangs:
            return places
        places.append(start)
        start += stride(layer, axis)


def taps(layer: Any, axis: int, start: int) -> Iterator[tuple[int, int]]:
    """Index and cell of each tap of a window."""
    return ((i, start + i * dilation(layer, axis)) for i in range(layer.F[axis]))


def cell(x: Array, c: int, row: int, column: int) -> float:
    """A cell's value; zero outside."""
    _, H, W = x.shape
    return float(x[c, row, column]) if 0 <= row < H and 0 <= column < W else 0.0


# Weighted windows.


def conv(layer: Any, x: Array, *, weight: Any, bias: Array | None = None) -> Array:
    C, H, W = x.shape
    depth, maps = C // layer.G, layer.K // layer.G
    rows, columns = starts(layer, 0, H), starts(layer, 1, W)
    y = np.zeros((layer.K, len(rows), len(columns)))
    for k in range(layer.K):
        for m, top in enumerate(rows):
            for n, left in enumerate(columns):
                total = 0.0 if bias is None else float(bias[k])
                for c in range(depth):
                    for i, row in taps(layer, 0, top):
                        for j, column in taps(layer, 1, left):
                            total += weight[k, c, i, j] * cell(x, k // maps * depth + c, row, column)
                y[k, m, n] = total
    return y


def deconv(layer: Any, x: Array, *, weight: Any, bias: Array | None = None) -> Array:
    C, H, W = x.shape
    depth, maps = C // layer.G, layer.K // layer.G
    first, sizes = zip(*(_painted(layer, axis, size) for axis, size in enumerate((H, W))), strict=True)
    y = np.zeros((layer.K, *sizes))
    for c in range(C):
        for m in range(H):
            for n in range(W):
                for k in range(maps):
                    for i, row in taps(layer, 0, m * stride(layer, 0) - first[0]):
                        for j, column in taps(layer, 1, n * stride(layer, 1) - first[1]):
                            value = weight[c, k, i, j] * float(x[c, m, n])
                            if 0 <= row < sizes[0] and 0 <= column < sizes[1]:
                                y[c // depth * maps + k, row, column] += value
    for k in range(layer.K):
        y[k] += 0.0 if bias is None else float(bias[k])
    return y


def _painted(layer: Any, axis: int, size: int) -> tuple[int, int]:
    """Cells cut off in front, and the output's size."""
    S = stride(layer, axis)
    before, after = padding(layer, axis, size * S)
    if layer.P == "same-upper":
        return before, size * S
    return before, (size - 1) * S + extent(layer, axis) + layer.extra[axis] - before - after


def dense(layer: Any, x: Array, *, weight: Any, bias: Array | None = None) -> Array:
    y = np.zeros(layer.K)
    for k in range(layer.K):
        y[k] = sum(weight[k, c] * float(x[c]) for c in range(len(x)))
        y[k] += 0.0 if bias is None else float(bias[k])
    return y


# Pooled windows.


def seen(layer: Any, x: Array) -> Iterator[tuple[tuple[int, int, int], list[float], int]]:
    """Of every window: where its result goes, its values on the input, its cells on input and padding."""
    C, H, W = x.shape
    bottom, right = H + padding(layer, 0, H)[1], W + padding(layer, 1, W)[1]
    for c in range(C):
        for m, top in enumerate(starts(layer, 0, H)):
            for n, left in enumerate(starts(layer, 1, W)):
                cells = [(r, q) for _, r in taps(layer, 0, top) for _, q in taps(layer, 1, left)]
                values = [float(x[c, r, q]) for r, q in cells if 0 <= r < H and 0 <= q < W]
                yield (c, m, n), values, sum(r < bottom and q < right for r, q in cells)


def _pooled(layer: Any, x: Array) -> Array:
    C, H, W = x.shape
    return np.full((C, len(starts(layer, 0, H)), len(starts(layer, 1, W))), np.nan)


def maxpool(layer: Any, x: Array) -> Array:
    y = _pooled(layer, x)
    for place, values, _ in seen(layer, x):
        y[place] = max(values)
    return y


def l2pool(layer: Any, x: Array) -> Array:
    root: Array = np.sqrt(sumpool(layer, x * x))
    return root


def sumpool(layer: Any, x: Array) -> Array:
    y = _pooled(layer, x)
    for place, values, _ in seen(layer, x):
        y[place] = sum(values)
    return y


def avgpool(layer: Any, x: Array) -> Array:
    y = _pooled(layer, x)
    for place, values, cells in seen(layer, x):
        counted = cells if layer.count_padding and layer.P != "same-upper" else len(values)
        y[place] = sum(values) / counted
    return y


# Bins and whole maps.


def adaptiveavgpool(layer: Any, x: Array) -> Array:
    C, H, W = x.shape
    rows, columns = layer.out
    y = np.zeros((C, rows, columns))
    for c, m, n in np.ndindex(y.shape):
        values = [float(x[c, r, q]) for r in _bin(m, H, rows) for q in _bin(n, W, columns)]
        y[c, m, n] = sum(values) / len(values)
    return y


def adaptivemaxpool(layer: Any, x: Array) -> Array:
    C, H, W = x.shape
    rows, columns = layer.out
    y = np.zeros((C, rows, columns))
    for c, m, n in np.ndindex(y.shape):
        y[c, m, n] = max(float(x[c, r, q]) for r in _bin(m, H, rows) for q in _bin(n, W, columns))
    return y


def _bin(index: int, size: int, out: int) -> range:
    width = Fraction(size, out)
    return range(math.floor(index * width), math.ceil((index + 1) * width))


def globalavgpool(layer: Any, x: Array) -> Array:
    return np.array([[[sum(map(float, c.flat)) / c.size]] for c in x])


def globalmaxpool(layer: Any, x: Array) -> Array:
    return np.array([[[max(map(float, c.flat))]] for c in x])


def globall2pool(layer: Any, x: Array) -> Array:
    return np.array([[[math.sqrt(sum(v * v for v in map(float, c.flat)))]] for c in x])


def upsample(layer: Any, x: Array) -> Array:
    C, H, W = x.shape
    y = np.zeros((C, H * layer.factor[0], W * layer.factor[1]))
    for c, m, n in np.ndindex(y.shape):
        for r, a in _shares(layer, m, H, layer.factor[0]):
            for q, b in _shares(layer, n, W, layer.factor[1]):
                y[c, m, n] += a * b * float(x[c, r, q])
    return y


def _shares(layer: Any, index: int, size: int, factor: int) -> Iterator[tuple[int, float]]:
    """The input cells of an axis that make an output cell, with the share of each: a hat over its place."""
    if layer.mode == "nearest":
        yield index // factor, 1.0
        return
    place = (Fraction(index) + Fraction(1, 2)) / factor - Fraction(1, 2)
    place = min(max(place, Fraction(0)), Fraction(size - 1))
    for i in range(size):
        if abs(place - i) < 1:
            yield i, float(1 - abs(place - i))
