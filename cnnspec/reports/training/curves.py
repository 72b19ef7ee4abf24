"""What a plot of learning curves shows: loss and accuracy over the epochs, for any way of drawing it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...train.events import EpochDone, Score
from ..drawing.axis import Axis, fitting, linear

Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity over the epochs: what was seen while training, and on the examples held out."""

    title: str
    unit: str
    axis: Axis
    training: tuple[Point, ...]
    validation: tuple[Point, ...]

    def label(self, value: float) -> str:
        """A tick's words."""
        return f"{value:g}{self.unit}"


def panels(epochs: Sequence[EpochDone], is_smoothed: bool = False) -> Iterator[Panel]:
    """Loss, which is of smoothed targets in training where it `is_smoothed`, and accuracy where there is one; of at
    least one epoch."""
    training = [(done.epoch, done.training) for done in epochs]
    validation = [(done.epoch, done.validation) for done in epochs if done.validation is not None]
    losses = _loss(training), _loss(validation)
    if any(losses):
        yield Panel(
            "loss, smoothed in training" if is_smoothed else "loss",
            "",
            fitting(value for curve in losses for _, value in curve),
            *losses,
        )
    accuracies = _accuracy(training), _accuracy(validation)
    if any(accuracies):
        yield Panel("accuracy", " %", linear(value for curve in accuracies for _, value in curve), *accuracies)


def _loss(scores: Iterable[tuple[int, Score]]) -> tuple[Point, ...]:
    return tuple((epoch, score.loss) for epoch, score in scores if math.isfinite(score.loss))


def _accuracy(scores: Iterable[tuple[int, Score]]) -> tuple[Point, ...]:
    return tuple((epoch, 100 * score.accuracy) for epoch, score in scores if score.accuracy is not None)
