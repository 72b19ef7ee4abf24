"""An input on its way into the memory of a plan: images as they are given (n, C, H, W) become (n, H, W, C).

A large one is brought there by work items, some rows in each: threads share them, and the first layer begins before the
last one is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..graph.array import Array
from ..kernels.strips import Strip, strips
from .lowering import channels_first
from .schedule import Stage, rows_written

LARGE = 1 << 14
"""Values from which on items bring them: what takes longer than to say where they are."""
ITEMS = 4
"""Into which the rows of all images are cut."""
BROUGHT = 4.0
"""Values that are brought in a nanosecond."""


class Arrival:
    """What arrives at `place` (n, H, W, C)."""

    def __init__(self, place: Array) -> None:
        self.place = place
        self.is_large = place.size >= LARGE
        self.nanoseconds = place.size / BROUGHT
        self.address = np.zeros(1, np.int64)
        """Where the input of this run is: native items look it up."""
        self._turned = channels_first(place)
        self._nothing = self.x = place[:0]

    def announce(self, x: Array) -> None:
        """An input (n, C, H, W) for the run that follows."""
        if not self.is_large:
            np.copyto(self._turned, x)
            return
        self.x = np.ascontiguousarray(x, np.float32)
        self.address[0] = self.x.ctypes.data

    def forget(self) -> None:
        """The run is over: the input is whose it was."""
        self.x = self._nothing

    def stages(self) -> Iterator[Stage]:
        if self.is_large:
            n, H, W, C = self.place.shape
            parts = list(strips(n, H, C, W * C, room=max(W * C, self.place.size // ITEMS)))
            yield Stage([[partial(self.bring, part)] for part in parts], rows_written(parts, H, C))

    def bring(self, part: Strip) -> None:
        """Some rows."""
        rows = slice(part.n0, part.n1), slice(None), slice(part.r0, part.r1)
        np.copyto(self._turned[rows], self.x[rows])
