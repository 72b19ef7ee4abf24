"""Examples that lie class by class, in an order in which every stretch holds each class in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .array_values import Indices
from .dataset import Images, InputSource


@dataclass(frozen=True, eq=False)
class InOrder:
    """The inputs of a source in another order, (n,) of places in it."""

    source: InputSource
    order: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.order)

    def read(self, indices: Indices) -> Images:
        return self.source.read(self.order[indices])


def mixed(counts: list[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """An order of the examples of all classes, given one class after the other, and the class of each in that order.

    Each class is spread evenly over it, so that its end, which is held out, holds every class in proportion.
    """
    places = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    labels = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((labels, places))
    return order, labels[order]


def spread(labels: NDArray[Any]) -> NDArray[np.intp] | None:
    """Such an order of labels (n,) that stand class by class; None where they do not, which are left as they are."""
    starts = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist()]
    if not 1 < len(starts) == len(np.unique(labels)):
        return None
    return mixed(np.diff([*starts, len(labels)]).tolist())[0]
