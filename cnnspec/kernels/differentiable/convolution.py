"""Convolution and the way back through it, on (N, H, W, C): the choice of the way.

The gradient by the image is the convolution's adjoint: each output paints its window. At stride 1 that is again a
convolution, of the gradient with filters turned by 180 degrees, and the windows gathered for it also give the gradient
by the filters.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...geometry import Sweep
from ..windows import Array
from .blocks import Blocks
from .depthwise import depthwise
from .padding import is_mirrored, mirrored

Sweeps = tuple[Sweep, Sweep]
Back = Callable[[Array], tuple[Array, Array]]
"""From the gradient by the output to those by the image and by the filters."""

PAINTING = 3
"""How many values are gathered in the time that one is gathered and one is painted."""


def convolution(x: Array, weight: Array, sweeps: Sweeps, G: int) -> tuple[Array, Back]:
    """x (N, H, W, C) with weight (K, C/G, FH, FW) in G groups: (N, rows, columns, K)."""
    if G > 1 and G == x.shape[3] == len(weight):
        return depthwise(x, weight, sweeps)
    if G > 1:
        return _grouped(x, weight, sweeps, G)
    if all(s.F == 1 and not s.before and not s.after for s in sweeps):
        return _pointwise(x, weight, sweeps)
    return _gathered(x, weight, sweeps)


def transposed(x: Array, weight: Array, sweeps: Sweeps, G: int) -> tuple[Array, Back]:
    """The adjoint of `convolution`: x (N, H, W, C), weight (C, K/G, FH, FW); the sweeps run over the output."""
    # A size between those that windows fill (`extra`) is padded less, so that there is a window for each cell.
    rows, columns = (
        s._replace(after=s.after - (s.outputs - count) * s.S) for s, count in zip(sweeps, x.shape[1:3], strict=True)
    )
    parts = zip(_split(x, G), np.split(weight, G), strict=True)
    return _joined([_painted(part, filters, (rows, columns)) for part, filters in parts], G)


def _painted(x: Array, weight: Array, sweeps: Sweeps) -> tuple[Array, Back]:
    blocks = Blocks(sweeps, weight.shape)
    return blocks.paint(x, weight), lambda dy: blocks.both(dy, weight, x)


def _gathered(x: Array, weight: Array, sweeps: Sweeps) -> tuple[Array, Back]:
    blocks = Blocks(sweeps, weight.shape)
    K, C, *window = weight.shape
    few = K * x[0, :, :, 0].size <= PAINTING * C * sweeps[0].outputs * sweeps[1].outputs

    def back(dy: Array) -> tuple[Array, Array]:
        if not few or not is_mirrored(sweeps):
            return blocks.paint(dy, weight), blocks.by_filters(x, dy)
        turned = Blocks(mirrored(sweeps), (C, K, *window))
        dx, by_turned = turned.both(dy, turn(weight), x)
        return dx, turn(by_turned)

    return blocks.correlate(x, weight), back


def turn(filters: Array) -> Array:
    """Filters (K, C, FH, FW) turned by 180 degrees, for the way from K channels to C."""
    return filters.swapaxes(0, 1)[:, :, ::-1, ::-1]


def _pointwise(x: Array, weight: Array, sweeps: Sweeps) -> tuple[Array, Back]:
    """A window of one cell: a product over the cells that are seen."""
    filters = weight[:, :, 0, 0]
    seen = slice(None), *(slice(None, None, s.S) for s in sweeps)

    def flat(x: Array) -> Array:
        return x.reshape(-1, x.shape[3])

    def back(dy: Array) -> tuple[Array, Array]:
        dweight = flat(dy).T @ flat(x[seen])
        by_seen = (flat(dy) @ filters).reshape(*dy.shape[:3], -1)
        if by_seen.shape == x.shape:
            return by_seen, dweight.reshape(weight.shape)
        dx = np.zeros_like(x)
        dx[seen] = by_seen
        return dx, dweight.reshape(weight.shape)

    part = x[seen]
    return (flat(part) @ filters.T).reshape(*part.shape[:3], -1), back


def _grouped(x: Array, weight: Array, sweeps: Sweeps, G: int) -> tuple[Array, Back]:
    """Each group by itself."""
    parts = zip(_split(x, G), np.split(weight, G), strict=True)
    return _joined([convolution(part, filters, sweeps, 1) for part, filters in parts], G)


def _joined(ways: list[tuple[Array, Back]], G: int) -> tuple[Array, Back]:
    outputs, backs = zip(*ways, strict=True)

    def back(dy: Array) -> tuple[Array, Array]:
        gradients = [back(part) for back, part in zip(backs, _split(dy, G), strict=True)]
        dx, dweight = zip(*gradients, strict=True)
        return (dx[0], dweight[0]) if G == 1 else (np.concatenate(dx, axis=3), np.concatenate(dweight))

    return outputs[0] if G == 1 else np.concatenate(outputs, axis=3), back


def _split(x: Array, G: int) -> list[Array]:
    return [np.ascontiguousarray(part) for part in np.split(x, G, axis=3)]
