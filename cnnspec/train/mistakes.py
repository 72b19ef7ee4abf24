"""The examples on which a network was wrong, those first of which it was most sure."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from ..graph.array import Array
from ..language.sections.train import LossName
from ..layers import find
from .datasets.array_values import Indices
from .datasets.dataset import Answers


class Mistake(NamedTuple):
    """An example by its place in the data set, and by its file where each has one. `right` is its class, `said` the
    network's; both with the network's score: a probability, with `mse` the output itself."""

    example: int
    file: str
    right: int
    said: int
    right_score: float
    said_score: float


class Mistakes:
    """Gathers mistakes batch by batch, of which `most` are kept. Raises ValueError where an output of this shape is no
    vector of scores, or its answers are no classes: other numbers, or several labels, each of which may be there."""

    def __init__(self, most: int, loss: LossName, shape: tuple[int, ...], answers: str) -> None:
        has_labels = loss == "binary_cross_entropy" and shape[0] > 1
        if prod(shape) != shape[0] or answers == "float32" or has_labels:
            raise ValueError("the output is no list of classes of which one is right")
        self.most, self.loss = most, loss
        self._kept = np.empty((0, 5))

    def add(self, indices: Indices, output: Array, y: Answers) -> None:
        """The network's output (n, K) for the examples of these places, whose class is y (n,)."""
        scores, right = self._scores(output), y.reshape(-1).astype(np.int64)
        said = scores.argmax(axis=1)
        wrong = np.flatnonzero(said != right)
        columns = indices[wrong], right[wrong], said[wrong], scores[wrong, right[wrong]], scores[wrong, said[wrong]]
        together = np.concatenate([self._kept, np.stack(columns, axis=1)])
        self._kept = together[np.argsort(-together[:, 4], kind="stable")[: self.most]]

    def found(self) -> list[Mistake]:
        """The kept ones; equal scores in the order of examples, what is not finite last."""
        rows = self._kept.tolist()
        return [Mistake(int(i), "", int(right), int(said), low, high) for i, right, said, low, high in rows]

    def _scores(self, output: Array) -> Array:
        """A score for each class; a single output says how likely the second of two is."""
        z = output.reshape(len(output), -1).astype(np.float64)
        with np.errstate(all="ignore"):
            if self.loss == "binary_cross_entropy":
                p = find("sigmoid")().forward(z)
                return np.concatenate([1 - p, p], axis=1)
            return find("softmax")().forward(z) if self.loss == "cross_entropy" else z
