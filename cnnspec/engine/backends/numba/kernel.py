"""What the compiled kernels share: calls of native code that write a strip where it belongs, and finish it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ....graph.array import Array
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import FilterBank, Scratch, Strip
from ...schedule import WorkItem
from .limits import NO_LIMITS, Limits


class CompiledKernel(Protocol):
    """A way to compute a convolution, in the memory of its input and its output."""

    def strips(self, n: int, H: int, W: int) -> Iterator[Strip]:
        """The parts in which it makes an output (n, H, W, K): all of it, each cell once, by sizes alone."""

    def bind(
        self, x: Array, out: Array, plus: Array | None, strip: Strip, scratch: Scratch, skipped: int = 0
    ) -> WorkItem:
        """The calls that write a strip to `out` (n, rows, columns, channels), that strip of the output alone, with
        `plus` of the same shape added: from x (n, H, W, C) with the border that was selected for the kernel, without
        the `skipped` rows at its beginning."""


class Maker(Protocol):
    """Makes a kernel of filters, for limits and vectors."""

    def __call__(self, filters: FilterBank, limits: Limits, vectors: Vectors) -> CompiledKernel: ...


def two_limits(limits: Limits) -> Array:
    """The limits, and behind them those of partial sums: none."""
    return np.array((*limits, *NO_LIMITS), np.float32)
