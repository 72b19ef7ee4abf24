"""Which examples make which batch: a pure function of (seed, epoch), so that a run can go on from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError
from ...diagnostics.wording import quantity
from ...inputs.prefetch import ahead
from ..rng import Purpose, generator
from .array_values import Indices
from .augment import Augment
from .dataset import Answers, Dataset

AHEAD = 2
"""Batches that wait, read, for the one in work to end."""


class LabelledBatch(NamedTuple):
    """Examples that are worked on together: inputs (n, C, H, W), and labels (n,) or targets (n, *output)."""

    x: NDArray[np.float32]
    y: Answers


def refuse_lonely(examples: Dataset, learned: int, least: int) -> None:
    """Raises FileError (E420) when there are fewer examples to learn from than a batch needs."""
    if learned < least:
        why = f"a batch norm goes by several values of a channel; {quantity(learned, 'example')} gives one"
        raise FileError.about(examples.name, "E420", "one example is too little to learn from", why, "more examples")


def batch_count(count: int, size: int, least: int = 1) -> int:
    """Batches of `size` out of `count` examples, where a rest of fewer than `least` joins the batch before it."""
    return max(1, ceil(count / size) - (0 < count % size < least))


@dataclass(frozen=True)
class Batches:
    """The examples `range(count)` in batches of `size`, in an order of their own for each epoch; the last batch may
    be smaller, but has `least` examples: fewer join the batch before it. They are read, and changed by `augment`, in a
    thread of their own while others are worked on."""

    examples: Dataset
    count: int
    size: int
    seed: int
    augment: Augment | None = None
    least: int = 1

    def __len__(self) -> int:
        """Batches in an epoch."""
        return batch_count(self.count, self.size, self.least)

    def of(self, epoch: int, start: int = 0) -> Iterator[LabelledBatch]:
        """The batches of an epoch, from number `start` on."""
        return ahead(self._read(epoch, start), AHEAD)

    def order(self, epoch: int) -> Indices:
        """The examples in the order of an epoch: each of them once."""
        return generator(self.seed, Purpose.ORDER, epoch).permutation(self.count)

    def _read(self, epoch: int, start: int) -> Iterator[LabelledBatch]:
        order = self.order(epoch)
        for number in range(start, len(self)):
            end = (number + 1) * self.size if number + 1 < len(self) else self.count
            x, y = self.examples.read(order[number * self.size : end])
            if self.augment is not None:
                x = self.augment(x, generator(self.seed, Purpose.AUGMENTATION, epoch, number))
            yield LabelledBatch(x, y)


def in_order(examples: Dataset, indices: range, size: int) -> Iterator[LabelledBatch]:
    """Examples as they are stored, in batches, read ahead: for validation and `eval`."""
    parts: Iterable[Indices] = (np.array(indices[i : i + size]) for i in range(0, len(indices), size))
    return ahead((LabelledBatch(*examples.read(part)) for part in parts), AHEAD)
