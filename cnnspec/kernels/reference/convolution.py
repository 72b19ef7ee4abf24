"""Convolution as one matrix product over gathered windows.

Chellapilla, Puri, Simard: "High Performance Convolutional Neural Networks for Document Processing", 2006.
"""

from __future__ import annotations

import numpy as np

from ...graph.array import Array
from ...graph.window import SlidingWindows
from .sliding_windows import sliding_windows


def convolve(x: Array, weight: Array, windows: SlidingWindows, G: int) -> Array:
    """x (N, C, H, W) with weight (K, C/G, FH, FW) in G groups gives (N, K, rows, columns)."""
    N, C = x.shape[:2]
    K = weight.shape[0]
    rows, columns = windows[0].outputs, windows[1].outputs
    seen = sliding_windows(x, windows).reshape(N, G, C // G, rows, columns, *weight.shape[2:])
    gathered = seen.transpose(0, 1, 2, 5, 6, 3, 4).reshape(N, G, -1, rows * columns)
    filters = weight.reshape(G, K // G, -1)
    product: Array = np.matmul(filters, gathered)
    return product.reshape(N, K, rows, columns)
