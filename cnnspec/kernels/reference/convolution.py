"""Convolution as one matrix product over gathered windows.

Chellapilla, Puri, Simard: "High Performance Convolutional Neural Networks for Document Processing", 2006.
"""

from __future__ import annotations

import numpy as np

from ...graph.array import Array
from ...graph.window import Sweep
from .windows import windows


def convolve(x: Array, weight: Array, sweeps: tuple[Sweep, Sweep], G: int) -> Array:
    """x (N, C, H, W) with weight (K, C/G, FH, FW) in G groups gives (N, K, rows, columns)."""
    N, C = x.shape[:2]
    K = weight.shape[0]
    rows, columns = sweeps[0].outputs, sweeps[1].outputs
    seen = windows(x, sweeps).reshape(N, G, C // G, rows, columns, *weight.shape[2:])
    gathered = seen.transpose(0, 1, 2, 5, 6, 3, 4).reshape(N, G, -1, rows * columns)
    filters = weight.reshape(G, K // G, -1)
    product: Array = np.matmul(filters, gathered)
    return product.reshape(N, K, rows, columns)
