"""A small learner for tests of the loop: softmax regression with momentum, and the batches that it learns from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cnnspec.graph.array import Array
from cnnspec.train import evaluate
from cnnspec.train.checkpoint import Snapshot
from cnnspec.train.datasets.batches import Batches, LabelledBatch
from cnnspec.train.events import Score
from cnnspec.train.loop import TrainingRun
from cnnspec.train.progress import Progress
from cnnspec.train.trainer import StepResult, Trainer

N, FEATURES, CLASSES, SIZE = 22, 5, 3, 8


def examples(seed: int = 0) -> LabelledBatch:
    random = np.random.default_rng(seed)
    x = random.normal(size=(N, FEATURES)).astype(np.float32)
    y = (x[:, :CLASSES] + 0.3 * random.normal(size=(N, CLASSES))).argmax(1)
    return LabelledBatch(x, y)


def probabilities(tensors: Mapping[str, Array], x: Array) -> Array:
    z = x @ tensors["fc.weight"].T + tensors["fc.bias"]
    e = np.exp(z - z.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


def judged(tensors: Mapping[str, Array], x: Array, y: NDArray[Any]) -> tuple[float, int]:
    p = probabilities(tensors, x)
    return float(-np.log(p[np.arange(len(y)), y]).mean()), int((p.argmax(1) == y).sum())


class Momentum(dict[str, Array]):
    """What the loop asks of an optimizer."""

    def state(self) -> dict[str, Array]:
        return dict(self)


class Regression:
    """What the loop asks of a learner."""

    def __init__(self) -> None:
        self.tensors: dict[str, Array] = {
            "fc.weight": np.zeros((CLASSES, FEATURES), np.float32),
            "fc.bias": np.zeros(CLASSES, np.float32),
        }
        self.optimizer = Momentum({name: np.zeros_like(array) for name, array in self.tensors.items()})

    def vjp(self, x: Array, y: NDArray[Any], epoch: int, number: int) -> StepResult:
        loss, correct = judged(self.tensors, x, y)
        error = (probabilities(self.tensors, x) - np.eye(CLASSES, dtype=np.float32)[y]) / len(y)
        self.gradients = {"fc.weight": error.T @ x, "fc.bias": error.sum(0)}
        return StepResult(loss, correct, float(np.sqrt(sum((g**2).sum() for g in self.gradients.values()))))

    def move(self, rate: float) -> None:
        for name, gradient in self.gradients.items():
            velocity = self.optimizer[name]
            velocity *= np.float32(0.9)
            velocity += gradient
            self.tensors[name] -= np.float32(rate) * velocity


class Shuffled:
    """Every example once an epoch, in another order each time."""

    def __len__(self) -> int:
        return -(-N // SIZE)

    def of(self, epoch: int, start: int) -> Iterator[LabelledBatch]:
        x, y = examples()
        order = np.random.default_rng(epoch).permutation(N)
        for i in range(start * SIZE, N, SIZE):
            yield LabelledBatch(x[order[i : i + SIZE]], y[order[i : i + SIZE]])


class Evaluator:
    """What the loop asks of a validation."""

    total = N

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        x, y = examples(1)
        loss, correct = judged(tensors, x, y)
        self.score = Score(loss, correct / N)

    def __iter__(self) -> Iterator[int]:
        yield from (10, N)


def losses(*values: float) -> Any:
    """Validation that finds one loss after another."""
    waiting = iter(values)

    def examine(tensors: Mapping[str, Array]) -> Evaluator:
        evaluator = Evaluator(tensors)
        evaluator.score = Score(next(waiting))
        return evaluator

    return examine


class Lost(Regression):
    """Its third step goes wrong."""

    def __init__(self, loss: float, gradient_norm: float) -> None:
        super().__init__()
        self.spoilt = loss, gradient_norm

    def vjp(self, x: Array, y: NDArray[Any], epoch: int, number: int) -> StepResult:
        found = super().vjp(x, y, epoch, number)
        loss, norm = self.spoilt
        return found._replace(loss=loss, gradient_norm=norm) if number == 2 else found


def run(
    snapshot: Snapshot | None = None, epochs: int = 3, patience: int | None = None, rate: float = 0.1
) -> TrainingRun:
    """A run from the start, or from a snapshot on."""
    learner = Regression()
    if snapshot is not None:
        learner.tensors, learner.optimizer = dict(snapshot.tensors), Momentum(snapshot.optimizer)
    return TrainingRun(
        cast("Trainer", learner),
        cast("Batches", Shuffled()),
        cast("Callable[[Mapping[str, Array]], evaluate.Evaluator]", Evaluator),
        lambda step: rate / (1 + step),
        epochs,
        patience,
        "a smaller rate",
        snapshot.progress if snapshot else Progress(),
        snapshot.best if snapshot else {},
    )
