"""Filters in the order in which the micro-kernel reads them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...graph.array import Array
from .vectors import Vectors


def packed(weight: Array, vectors: Vectors) -> Array:
    """Filters (K, C, FH, FW) as panels one behind the other: for each tap and channel a row of a panel's filters, a
    whole number of vectors long, zeros beyond the last filter."""
    K, C, FH, FW = weight.shape
    rows = FH * FW * C
    total = np.zeros(rows * vectors.whole(K), np.float32)
    for first, width, whole in panels(K, vectors):
        panel = total[first * rows :][: rows * whole].reshape(FH, FW, C, whole)
        panel[..., :width] = weight[first : first + width].transpose(2, 3, 1, 0)
    return total


def padded_bias(bias: Array, vectors: Vectors) -> Array:
    """A bias (K,) with zeros up to whole vectors."""
    return np.concatenate([bias, np.zeros(vectors.whole(len(bias)) - len(bias), np.float32)], dtype=np.float32)


def panels(K: int, vectors: Vectors) -> Iterator[tuple[int, int, int]]:
    """Of each panel: its first filter, how many it has, and how many with what makes whole vectors."""
    for first in range(0, K, vectors.panel):
        width = min(vectors.panel, K - first)
        yield first, width, vectors.whole(width)
