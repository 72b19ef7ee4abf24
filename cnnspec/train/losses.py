"""What training makes small: a number for how far outputs are from their targets, and its gradient.

Both are means over the whole batch, of which a worker has a part: it gives its share of the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph.array import Array
from ..language.sections.train import Train


class Loss(NamedTuple):
    """A part's share of the loss, how many of its answers are right (where there is right and wrong), and the
    gradient of the loss by its outputs."""

    value: float
    correct: int
    gradient: Array


Measure = Callable[[Array, NDArray[Any], int], Loss]
"""Of outputs (N, *output) and their targets, in a batch of so many examples."""


def measure(settings: Train, batch: NDArray[Any] | None = None, weights: Array | None = None) -> Measure:
    """How outputs are measured against targets. With `weights` of the classes, the labels of the whole `batch` must be
    known, whose parts are measured."""
    if settings.loss == "mse":
        return mean_squared_error
    if settings.loss == "binary_cross_entropy":
        return binary_cross_entropy
    if weights is not None and batch is not None:
        weights = weights / weights[batch].mean()
    return partial(cross_entropy, smoothing=settings.smoothing, weights=weights)


def class_weights(settings: Train, labels: NDArray[np.integer[Any]], classes: int) -> Array | None:
    """How much each class counts: as the settings say, or None where all count the same. `balanced`: so that each of
    those that occur among the labels has the same share of the loss; n / (classes that occur * n of the class)."""
    if settings.class_weights is None or settings.loss != "cross_entropy":
        return None
    if settings.class_weights != "balanced":
        return np.array(settings.class_weights)
    counts = np.bincount(labels.ravel(), minlength=classes)
    return np.where(counts > 0, labels.size / (np.count_nonzero(counts) * np.maximum(counts, 1)), 1.0)


def cross_entropy(
    scores: Array,
    labels: NDArray[np.integer[Any]],
    count: int,
    smoothing: float = 0.0,
    weights: Array | None = None,
) -> Loss:
    """-log of the softmax of the right class, for scores (N, C) and labels (N,), or (N, C, H, W) and (N, H, W).

    Where scores have several cells, the mean goes over them as well. `smoothing` is the share of the target that is
    spread over all classes (Szegedy et al.: "Rethinking the Inception Architecture", 2016). `weights` (C,) are how much
    the classes count, 1 on the average of the batch's labels; spread targets count as much as their classes.
    """
    cells = count * prod(scores.shape[2:])
    right = labels.reshape(len(scores), 1, *scores.shape[2:])
    best = scores.argmax(axis=1, keepdims=True)
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    # How much each class counts, the right one, and the target as a whole.
    each: Any = 1
    own: Any = 1
    whole: Any = 1
    if weights is not None:
        each = weights.astype(scores.dtype).reshape(-1, *[1] * (scores.ndim - 2))
        own = each.ravel()[right]
        whole = (1 - smoothing) * own + smoothing * each.mean()
    losses = whole * np.log(total) - (1 - smoothing) * own * np.take_along_axis(shifted, right, axis=1)
    if smoothing:
        losses -= smoothing * (each * shifted).mean(axis=1, keepdims=True)
    e /= total
    if weights is not None:
        e *= whole
    if smoothing:
        e -= smoothing / scores.shape[1] * each
    np.put_along_axis(e, right, np.take_along_axis(e, right, axis=1) - (1 - smoothing) * own, axis=1)
    e /= cells
    return Loss(float(losses.sum(dtype=np.float64)) / cells, int(np.count_nonzero(best == right)), e)


def binary_cross_entropy(scores: Array, targets: NDArray[Any], count: int) -> Loss:
    """-log of the sigmoid of each score where its target is 1, of 1 - sigmoid where it is 0: a mean over all values.

    max(z, 0) - z*y + log(1 + exp(-|z|)) is the same and does not overflow. Right is a score on the target's side of 0.
    """
    values = count * prod(scores.shape[1:])
    y = targets.reshape(scores.shape).astype(scores.dtype)
    e = np.exp(-np.abs(scores))
    losses = np.maximum(scores, 0) - scores * y + np.log1p(e)
    gradient = np.where(scores >= 0, 1, e) / (1 + e)
    gradient -= y
    gradient /= values
    return Loss(float(losses.sum(dtype=np.float64)) / values, int(np.count_nonzero((scores > 0) == (y > 0))), gradient)


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
