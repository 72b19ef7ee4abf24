"""What training makes small: a number for how far outputs are from their targets, and its gradient.

Both are means over the whole batch, of which a worker has a part: it gives its share of the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph.array import Array
from ..graph.graph import Graph
from ..language.sections.train import Train


class Loss(NamedTuple):
    """A part's share of the loss, how many of its answers are right (where there is right and wrong), and the
    gradient of the loss by its outputs."""

    value: float
    correct: int
    gradient: Array


Measure = Callable[[Array, NDArray[Any], int], Loss]
"""Of outputs (N, *output) and their targets, in a batch of so many examples."""


def objective(settings: Train, graph: Graph) -> tuple[Graph, Measure]:
    """What is trained, and how its output is measured."""
    if settings.loss == "mse":
        return settings.trained(graph), mean_squared_error
    smoothing = settings.smoothing
    return settings.trained(graph), lambda scores, labels, count: cross_entropy(scores, labels, count, smoothing)


def cross_entropy(scores: Array, labels: NDArray[np.integer[Any]], count: int, smoothing: float = 0.0) -> Loss:
    """-log of the softmax of the right class, for scores (N, C) and labels (N,), or (N, C, H, W) and (N, H, W).

    Where scores have several cells, the mean goes over them as well. `smoothing` is the share of the target that is
    spread over all classes (Szegedy et al.: "Rethinking the Inception Architecture", 2016).
    """
    cells = count * prod(scores.shape[2:])
    right = labels.reshape(len(scores), 1, *scores.shape[2:])
    best = scores.argmax(axis=1, keepdims=True)
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    losses = np.log(total) - (1 - smoothing) * np.take_along_axis(shifted, right, axis=1)
    if smoothing:
        losses -= smoothing * shifted.mean(axis=1, keepdims=True)
    e /= total
    if smoothing:
        e -= smoothing / scores.shape[1]
    np.put_along_axis(e, right, np.take_along_axis(e, right, axis=1) - (1 - smoothing), axis=1)
    e /= cells
    return Loss(float(losses.sum(dtype=np.float64)) / cells, int(np.count_nonzero(best == right)), e)


def mean_squared_error(outputs: Array, targets: NDArray[Any], count: int) -> Loss:
    """The mean of (output - target)² over all values; labels (N,) of a vector's places stand for 1 there, else 0."""
    if targets.ndim == 1:
        labels, targets = targets, np.zeros(outputs.shape, outputs.dtype)
        np.put_along_axis(targets, labels[:, None], 1, axis=1)
        correct = int(np.count_nonzero(outputs.argmax(axis=1) == labels))
    else:
        correct = 0
    values = count * prod(outputs.shape[1:])
    difference = outputs - targets.astype(outputs.dtype, copy=False)
    value = float(np.square(difference).sum(dtype=np.float64)) / values
    difference *= 2 / values
    return Loss(value, correct, difference)
