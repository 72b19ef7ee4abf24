"""Images of another size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def resize(layer: Any, x: Array) -> Array:
    """Cell by cell: the image goes on as its edge, or what lies beyond is left out of sum and total."""
    C, H, W = x.shape
    factors = layer.factor or (layer.to[0] / H, layer.to[1] / W)
    sizes = layer.to or (int(H * factors[0]), int(W * factors[1]))
    lines = [_weights(layer, *of) for of in zip((H, W), sizes, factors, strict=True)]
    y = np.zeros((C, *sizes))
    for c, row, column in np.ndindex(y.shape):
        total = [sum(weight for _, weight in line[i]) for line, i in zip(lines, (row, column), strict=True)]
        for r, down in lines[0][row]:
            for q, across in lines[1][column]:
                y[c, row, column] += x[c, r, q] * down * across / total[0] / total[1]
    return y


def _weights(layer: Any, size: int, out: int, factor: float) -> list[list[tuple[int, float]]]:
    """Of each cell of a new axis: the old ones with their weights."""
    found = []
    for i in range(out):
        if layer.place == "half-pixel":
            at = (i + 0.5) / factor - 0.5
        elif layer.place == "asymmetric":
            at = i / factor
        else:
            at = i * (size - 1) / (out - 1) if out > 1 else 0.0
        wide = max(1.0, 1 / factor) if layer.antialias else 1.0
        weighed = []
        for cell in range(-10 * size, 11 * size):
            far = abs(cell - at) / wide
            if layer.mode == "nearest":
                weight = float(cell == _rounded(layer.near, at))
            elif layer.mode == "bilinear":
                weight = max(0.0, 1 - far)
            elif far < 1:
                weight = (layer.a + 2) * far**3 - (layer.a + 3) * far**2 + 1
            else:
                weight = layer.a * (far**3 - 5 * far**2 + 8 * far - 4) if far < 2 else 0.0
            if layer.outside == "edge" or layer.mode == "nearest" or 0 <= cell < size:
                weighed.append((min(max(cell, 0), size - 1), weight))
        found.append([(cell, weight) for cell, weight in weighed if weight])
    return found


def _rounded(near: str, at: float) -> int:
    if near in ("floor", "ceil"):
        rule: Callable[[float], int] = getattr(math, near)
        return rule(round(at, 9))
    low = math.floor(at)
    tie = abs(at - low - 0.5) < 1e-9
    return low + (near == "round-half-up") if tie else round(at)
