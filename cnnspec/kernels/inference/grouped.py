"""Convolution in groups: each group of channels has filters of its own, so it is a convolution of its own.

Cost: that of the groups' products, which are small where groups are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...graph.array import Array
from ..strips import FilterBank, Scratch, Strip, StripResult
from .im2col import Im2col


class Grouped:
    """Weight (K, C/G, FH, FW) in G groups, with the windows of rows and columns; x begins at the first padded cell."""

    def __init__(self, filters: FilterBank) -> None:
        weight, windows, bias, G = filters
        weights = np.split(weight, G)
        biases = np.split(bias, G) if bias is not None else [None] * G
        self.groups = [Im2col(FilterBank(w, windows, b)) for w, b in zip(weights, biases, strict=True)]
        self.maps, self.depth = weights[0].shape[:2]

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        for i, group in enumerate(self.groups):
            for strip in group.strips(n, H, W):
                yield self._moved(strip, i)

    def bind(self, x: Array, strip: Strip, scratch: Scratch) -> StripResult:
        i = strip.k0 // self.maps
        channels = slice(i * self.depth, (i + 1) * self.depth)
        result: StripResult = self.groups[i].bind(x[..., channels], self._moved(strip, -i), scratch)
        return result

    def _moved(self, strip: Strip, groups: int) -> Strip:
        """The same strip, so many groups further on."""
        channels = groups * self.maps
        return strip._replace(k0=strip.k0 + channels, k1=strip.k1 + channels)
