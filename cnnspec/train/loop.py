"""The loop: epochs of steps, each epoch judged on the examples held out. Data in, events out.

Between two events the run is at rest: `snapshot` is then all that is needed to go on from there, in another process
if need be, to the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, Protocol

from ..diagnostics import Diagnostic, TrainingError
from ..kernels.windows import Array
from .checkpoint import Snapshot
from .data.examples import Answers
from .data.order import Batch
from .evaluate import answers
from .events import Event, Finished, Score, Stepped, Validating
from .progress import Progress, Sums

EXPLODED = 1e6
"""A loss of so many times the first one (or 1, if that is more) is lost for good."""


class Result(Protocol):
    """What a step found: the batch's mean loss, how many answers were right, the length of the gradient."""

    @property
    def loss(self) -> float: ...
    @property
    def correct(self) -> int: ...
    @property
    def gradient_norm(self) -> float: ...


class Optimizer(Protocol):
    """What the rule that moves the weights remembers."""

    def state(self) -> Mapping[str, Array]: ...


class Learner(Protocol):
    """A network that learns; its `tensors` are changed by steps. A step whose result is not finite changes nothing."""

    @property
    def tensors(self) -> Mapping[str, Array]: ...
    @property
    def optimizer(self) -> Optimizer: ...
    def step(self, x: Array, y: Answers, rate: float, epoch: int, number: int) -> Result: ...


class Batches(Protocol):
    """The examples to learn from, in an order of their own for each epoch; `len` batches in each."""

    def __len__(self) -> int: ...
    def of(self, epoch: int, start: int) -> Iterator[Batch]: ...


class Exam(Protocol):
    """Weights on trial with the examples held out: iterating says how many of `total` have been seen."""

    @property
    def total(self) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    @property
    def score(self) -> Score: ...


@dataclass
class Run:
    """A training run of `epochs` epochs, from `progress` on.

    `rate` gives the learning rate of a step (from 0). With `patience`, the run ends when no epoch out of so many was
    the best so far, and `best` holds that one's weights; otherwise it stays empty. Raises TrainingError (E501) when the
    loss is not finite or has exploded.
    """

    learner: Learner
    batches: Batches
    examine: Callable[[Mapping[str, Array]], Exam] | None
    rate: Callable[[int], float]
    epochs: int
    patience: int | None
    progress: Progress
    best: Mapping[str, Array]

    def snapshot(self) -> Snapshot:
        """The run as it is now; its arrays change with the next step."""
        return Snapshot(self.progress, self.learner.tensors, self.learner.optimizer.state(), self.best)

    @property
    def result(self) -> Mapping[str, Array]:
        """The weights that the run is for: the best with `patience`, else the last."""
        return self.best or self.learner.tensors

    def events(self) -> Iterator[Event]:
        """Train, and say what happens."""
        while (reason := self._end()) is None:
            epoch = len(self.progress.epochs) + 1
            yield from self._learn(epoch)
            score = (yield from self._validate(epoch)) if self.examine else None
            self.progress = self.progress.ended(score)
            done = self.progress.epochs[-1]
            if self.patience and done.is_best:
                self.best = {name: array.copy() for name, array in self.learner.tensors.items()}
            yield done
        epochs = len(self.progress.epochs)
        yield Finished(reason, epochs, self.progress.best if self.best else epochs)

    def _end(self) -> Literal["epochs", "patience"] | None:
        done = len(self.progress.epochs)
        if done >= self.epochs:
            return "epochs"
        return "patience" if self.patience and done - self.progress.best >= self.patience else None

    def _learn(self, epoch: int) -> Iterator[Stepped]:
        """The batches of an epoch that are left."""
        start = perf_counter()
        for x, y in self.batches.of(epoch, self.progress.batch):
            rate = self.rate(self.progress.step)
            found = self.learner.step(x, y, rate, epoch, self.progress.batch)
            batch = Sums.of(len(x), found.loss, answers(y), found.correct)
            self.progress = self.progress.stepped(batch)
            self._refuse_lost(found.loss, found.gradient_norm, rate)
            now = perf_counter()
            yield Stepped(
                epoch=epoch,
                batch=self.progress.batch,
                batches=len(self.batches),
                step=self.progress.step,
                examples=len(x),
                score=batch.score,
                so_far=self.progress.sums.score,
                rate=rate,
                gradient_norm=found.gradient_norm,
                seconds=now - start,
            )
            start = perf_counter()

    def _validate(self, epoch: int) -> Generator[Validating, None, Score]:
        assert self.examine is not None
        exam = self.examine(self.learner.tensors)
        for done in exam:
            yield Validating(epoch, done, exam.total)
        self._refuse_lost(exam.score.loss, 0.0, self.rate(self.progress.step - 1))
        return exam.score

    def _refuse_lost(self, loss: float, gradient_norm: float, rate: float) -> None:
        """Raises E501 for a loss from which there is no way back."""
        progress = self.progress
        first = progress.first_loss or 0.0
        if math.isfinite(loss + gradient_norm) and loss <= EXPLODED * max(1.0, first):
            return
        what = "has exploded" if math.isfinite(loss + gradient_norm) else "is not finite"
        why = (
            f"step {progress.step:,}, epoch {len(progress.epochs) + 1}: loss {loss:.4g} (the first was {first:.4g}), "
            f"gradient norm {gradient_norm:.4g}, rate {rate:.3g}"
        )
        cure = f"a smaller rate, `--set train.rate={rate / 10:.1g}`, or `--set train.clip=1`"
        raise TrainingError([Diagnostic("E501", f"the loss {what}", why=why, help=cure)])
