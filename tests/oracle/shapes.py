"""Layers that move values, and joins of branches."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cells(x: Array) -> list[tuple[int, ...]]:
    """All indices, in C, H, W order."""
    return list(product(*(range(size) for size in x.shape)))


# The same values in another place.


def identity(layer: Any, x: Array) -> Array:
    return np.array(x)


def flatten(layer: Any, x: Array) -> Array:
    return np.array([x[index] for index in cells(x)])


def reshape(layer: Any, x: Array) -> Array:
    y = np.zeros(layer.C if layer.H is None else (layer.C, layer.H, layer.W))
    for here, there in zip(cells(x), cells(y), strict=True):
        y[there] = x[here]
    return y


def permute(layer: Any, x: Array) -> Array:
    sizes = dict(zip("CHW", x.shape, strict=True))
    y = np.zeros([sizes[axis] for axis in layer.order])
    for index in cells(y):
        at = dict(zip(layer.order, index, strict=True))
        y[index] = x[at["C"], at["H"], at["W"]]
    return y


def pixelshuffle(layer: Any, x: Array) -> Array:
    r = layer.factor
    C, H, W = x.shape
    y = np.zeros((C // r // r, H * r, W * r))
    for c, row, column in cells(y):
        y[c, row, column] = x[c * r * r + row % r * r + column % r, row // r, column // r]
    return y


def pixelunshuffle(layer: Any, x: Array) -> Array:
    r = layer.factor
    C, H, W = x.shape
    y = np.zeros((C * r * r, H // r, W // r))
    for c, row, column in cells(x):
        y[c * r * r + row % r * r + column % r, row // r, column // r] = x[c, row, column]
    return y


def channelshuffle(layer: Any, x: Array) -> Array:
    groups = [x[g * len(x) // layer.G : (g + 1) * len(x) // layer.G] for g in range(layer.G)]
    return np.array([group[i] for i in range(len(x) // layer.G) for group in groups])


# More or fewer cells.


def _widths(layer: Any, x: Array) -> list[tuple[int, int]]:
    if layer.axis is not None:
        widths = [(layer.before, layer.after) if axis == layer.axis else (0, 0) for axis in "CHW"]
        return widths[: x.ndim]
    return [(0, 0), (layer.top, layer.bottom), (layer.left, layer.right)]


def pad(layer: Any, x: Array) -> Array:
    """A line of cells for each axis, as it looks behind the padding; None for the value."""
    lines = []
    for size, (before, after) in zip(x.shape, _widths(layer, x), strict=True):
        line: list[int | None] = list(range(size))
        if layer.mode == "constant":
            line = [None] * before + line + [None] * after
        elif layer.mode == "edge":
            line = [0] * before + line + [size - 1] * after
        elif layer.mode == "wrap":
            line = line[size - before :] + line + line[:after]
        else:
            line = line[1 : before + 1][::-1] + line + line[::-1][1 : after + 1]
        lines.append(line)
    y = np.full([len(line) for line in lines], float(layer.value))
    for index in cells(y):
        source = [line[i] for line, i in zip(lines, index, strict=True)]
        if None not in source:
            y[index] = x[tuple(source)]
    return y


def crop(layer: Any, x: Array) -> Array:
    widths = _widths(layer, x)
    y = np.zeros([size - before - after for size, (before, after) in zip(x.shape, widths, strict=True)])
    for index in cells(y):
        y[index] = x[tuple(i + before for i, (before, _) in zip(index, widths, strict=True))]
    return y


def slice(layer: Any, x: Array) -> Array:
    fields = layer.model_dump(by_alias=True)
    axis = "CHW".index(fields["axis"])
    end = x.shape[axis] if fields["to"] is None else fields["to"]
    return np.stack([x.take(i, axis) for i in range(fields["from"], end, fields["step"])], axis)


# Joins.


def add(layer: Any, *xs: Array) -> Array:
    y = np.zeros(xs[0].shape)
    for x in xs:
        for index in cells(y):
            y[index] += x[index]
    return y


def spread(xs: tuple[Array, ...]) -> list[Array]:
    """All in the shape of the largest: a gate's value for each cell that it weighs."""
    shape = [sorted(sizes)[-1] for sizes in zip(*(x.shape for x in xs), strict=True)]
    spread = []
    for x in xs:
        y = np.zeros(shape)
        for index in cells(y):
            y[index] = x[tuple(0 if size == 1 else i for i, size in zip(index, x.shape, strict=True))]
        spread.append(y)
    return spread


def from_left(xs: tuple[Array, ...], rule: Callable[[float, float], float]) -> Array:
    first, *others = spread(xs)
    for x in others:
        for index in cells(x):
            first[index] = rule(first[index], x[index])
    return first


def mul(layer: Any, *xs: Array) -> Array:
    return from_left(xs, operator.mul)


def sub(layer: Any, *xs: Array) -> Array:
    return from_left(xs, operator.sub)


def div(layer: Any, *xs: Array) -> Array:
    return from_left(xs, operator.truediv)


def max(layer: Any, *xs: Array) -> Array:
    return from_left(xs, lambda a, b: a if a > b else b)


def min(layer: Any, *xs: Array) -> Array:
    return from_left(xs, lambda a, b: a if a < b else b)


def mean(layer: Any, *xs: Array) -> Array:
    return from_left(xs, operator.add) / len(xs)


def concat(layer: Any, *xs: Array) -> Array:
    if layer.axis == "H":
        return np.array([[row for x in channels for row in x] for channels in zip(*xs, strict=True)])
    if layer.axis == "W":
        return concat_columns(*xs)
    return np.array([channel for x in xs for channel in x])


def concat_columns(*xs: Array) -> Array:
    """Row after row, the cells of each branch's in turn."""
    return np.array(
        [
            [[cell for x in rows for cell in x] for rows in zip(*channels, strict=True)]
            for channels in zip(*xs, strict=True)
        ]
    )
