"""Which examples make which batch: a pure function of (seed, epoch), so that a run can go on from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .augment import Augment
from .examples import Answers, Examples

Indices = NDArray[np.intp]


class Batch(NamedTuple):
    """Examples that are worked on together: inputs (n, C, H, W), and labels (n,) or targets (n, *output)."""

    x: NDArray[np.float32]
    y: Answers


def held_out(count: int, validation: float | int) -> int:
    """How many of `count` examples are held out: a share below 1, rounded, or a number of them.

    They are the last ones in the stored order: `range(count - held_out, count)`.
    """
    raise NotImplementedError


class Batches:
    """The examples to learn from, `range(count)`, in an order of their own for each epoch. The last batch may be
    smaller. They are read, and changed by `augment`, in a thread of their own while the batch before is worked on."""

    def __init__(self, examples: Examples, count: int, size: int, seed: int, augment: Augment | None = None) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        """Batches in an epoch."""
        raise NotImplementedError

    def of(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from number `start` on."""
        raise NotImplementedError


def in_order(examples: Examples, indices: range, size: int) -> Iterator[Batch]:
    """Examples as they are stored, in batches, read ahead: for validation and `eval`."""
    raise NotImplementedError
