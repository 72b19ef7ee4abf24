"""Convolution and the way back through it, on (N, H, W, C): the choice of the way.

The gradient by the image is the convolution's adjoint: each output paints its window. At stride 1 that is again a
convolution, of the gradient with filters turned by 180 degrees, and the windows gathered for it also give the gradient
by the filters.
Dumoulin, Visin: "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ...graph.array import Array
from ...graph.window import SlidingWindows
from .blocked_im2col import Blocks, are_finite
from .depthwise import depthwise
from .padding import is_mirrored, mirrored

Gradients = tuple[Array, Array]
"""Those by the image and by the filters."""
ConvolutionPullback = Callable[[Array], Gradients]


class ConvolutionKernels(Protocol):
    """Somebody's functions of these two names, such as this module's."""

    def convolution(
        self, x: Array, weight: Array, windows: SlidingWindows, G: int, needs_input_grad: bool = True
    ) -> tuple[Array, ConvolutionPullback]:
        """x (N, H, W, C) with weight (K, C/G, FH, FW) in G groups: (N, rows, columns, K)."""

    def transposed(self, x: Array, weight: Array, windows: SlidingWindows, G: int) -> tuple[Array, ConvolutionPullback]:
        """The adjoint of `convolution`: x (N, H, W, C), weight (C, K/G, FH, FW)."""


PAINTING = 3
"""How many values are gathered in the time that one is gathered and one is painted."""


def convolution(
    x: Array, weight: Array, windows: SlidingWindows, G: int, needs_input_grad: bool = True
) -> tuple[Array, ConvolutionPullback]:
    """x (N, H, W, C) with weight (K, C/G, FH, FW) in G groups: (N, rows, columns, K).

    Unless the way back `needs_input_grad` behind the image, its gradient may be zeros.
    """
    if G > 1 and G == x.shape[3] == len(weight):
        return depthwise(x, weight, windows)
    if all(s.F == 1 and not s.before and not s.after for s in windows):
        return _in_groups(_pointwise, _pointwise_back, x, weight, windows, G)
    return _in_groups(_correlate, _correlate_back if needs_input_grad else _to_filters, x, weight, windows, G)


def transposed(x: Array, weight: Array, windows: SlidingWindows, G: int) -> tuple[Array, ConvolutionPullback]:
    """The adjoint of `convolution`: x (N, H, W, C), weight (C, K/G, FH, FW); the windows run over the output."""
    return _in_groups(_paint, _paint_back, x, weight, painted_windows(windows, x), G)


def painted_windows(windows: SlidingWindows, x: Array) -> SlidingWindows:
    """Those of a transposed convolution, one for each cell of x (N, H, W, C): a size between those that windows fill
    (`extra`) is padded less."""
    rows, columns = (
        s._replace(after=s.after - (s.outputs - count) * s.S) for s, count in zip(windows, x.shape[1:3], strict=True)
    )
    return rows, columns


def _in_groups(
    forward: Callable[[Array, Array, SlidingWindows], Array],
    back: Callable[[Array, Array, Array, SlidingWindows], Gradients],
    x: Array,
    weight: Array,
    windows: SlidingWindows,
    G: int,
) -> tuple[Array, ConvolutionPullback]:
    """A way forward and the way back, in each group by itself."""
    if G == 1:
        return forward(x, weight, windows), lambda dy: back(dy, x, weight, windows)
    filters = np.split(weight, G)

    def split(x: Array) -> list[Array]:
        return [np.ascontiguousarray(part) for part in np.split(x, G, axis=3)]

    def back_in_groups(dy: Array) -> Gradients:
        parts = zip(split(dy), split(x), filters, strict=True)
        dx, dweight = zip(*(back(dy, x, w, windows) for dy, x, w in parts), strict=True)
        return np.concatenate(dx, axis=3), np.concatenate(dweight)

    y = [forward(part, w, windows) for part, w in zip(split(x), filters, strict=True)]
    return np.concatenate(y, axis=3), back_in_groups


def _correlate(x: Array, weight: Array, windows: SlidingWindows) -> Array:
    return Blocks(windows, weight.shape, are_finite(x, weight)).correlate(x, weight)


def _correlate_back(dy: Array, x: Array, weight: Array, windows: SlidingWindows) -> Gradients:
    K, C, *window = weight.shape
    if not are_finite(dy, x, weight):
        blocks = Blocks(windows, weight.shape, finite=False)
        return blocks.paint(dy, weight), blocks.by_filters(x, dy)
    if is_mirrored(windows) and K * x[0, :, :, 0].size <= PAINTING * C * dy[0, :, :, 0].size:
        dx, by_turned = Blocks(mirrored(windows), (C, K, *window)).both(dy, turned(weight), x)
        return dx, turned(by_turned)
    blocks = Blocks(windows, weight.shape)
    return blocks.paint(dy, weight), blocks.by_filters(x, dy)


def _to_filters(dy: Array, x: Array, weight: Array, windows: SlidingWindows) -> Gradients:
    """The way back that ends here."""
    return no_gradient(x), Blocks(windows, weight.shape).by_filters(x, dy)


def no_gradient(x: Array) -> Array:
    """Zeros of x's shape, which take no memory."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def turned(filters: Array) -> Array:
    """Filters (K, C, FH, FW) turned by 180 degrees, for the way from K channels to C."""
    return filters.swapaxes(0, 1)[:, :, ::-1, ::-1]


def _paint(x: Array, weight: Array, windows: SlidingWindows) -> Array:
    return Blocks(windows, weight.shape, are_finite(x, weight)).paint(x, weight)


def _paint_back(dy: Array, x: Array, weight: Array, windows: SlidingWindows) -> Gradients:
    return Blocks(windows, weight.shape, are_finite(dy, x, weight)).both(dy, weight, x)


def _pointwise(x: Array, weight: Array, windows: SlidingWindows) -> Array:
    """A window of one cell: a product over the cells that are seen."""
    seen = x[_seen(windows)]
    return (_flat(seen) @ weight[:, :, 0, 0].T).reshape(*seen.shape[:3], -1)


def _pointwise_back(dy: Array, x: Array, weight: Array, windows: SlidingWindows) -> Gradients:
    seen = x[_seen(windows)]
    dweight = (_flat(dy).T @ _flat(seen)).reshape(weight.shape)
    by_seen = (_flat(dy) @ weight[:, :, 0, 0]).reshape(seen.shape)
    if seen.shape == x.shape:
        return by_seen, dweight
    dx = np.zeros_like(x)
    dx[_seen(windows)] = by_seen
    return dx, dweight


def _seen(windows: SlidingWindows) -> tuple[slice, ...]:
    return slice(None), *(slice(None, None, s.S) for s in windows)


def _flat(x: Array) -> Array:
    return x.reshape(-1, x.shape[3])
