"""The loop: epochs of steps, each epoch judged on the examples held out. Data in, events out.

Between two events the run is at rest: `snapshot` is then all that is needed to go on from there, in another process
if need be, to the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from ..diagnostics import Diagnostic, TrainingError
from ..graph.array import Array
from .checkpoint import Snapshot
from .datasets.batches import Batches
from .evaluate import Evaluator
from .events import Event, Finished, Score, Stepped, StepVerified, Validating
from .metrics import labels
from .progress import Progress, RunningTotals
from .trainer import Trainer

EXPLODED = 1e6
"""A loss of so many times the first one (or 1, if that is more) is lost for good."""


@dataclass
class TrainingRun:
    """A training run of `epochs` epochs, from `progress` on.

    `rate` gives the learning rate of a step (from 0). With `patience`, the run ends when no epoch out of so many was
    the best so far, and `best` holds that one's weights; otherwise it stays empty. Raises TrainingError (E501) when the
    loss is not finite or has exploded, with a `cure`; the lost step is not made.
    """

    learner: Trainer
    batches: Batches
    examine: Callable[[Mapping[str, Array]], Evaluator] | None
    rate: Callable[[int], float]
    epochs: int
    patience: int | None
    cure: str
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

    def _learn(self, epoch: int) -> Iterator[StepVerified | Stepped]:
        """The batches of an epoch that are left."""
        start = perf_counter()
        for x, y in self.batches.of(epoch, self.progress.batch):
            rate = self.rate(self.progress.step)
            found = self.learner.vjp(x, y, epoch, self.progress.batch)
            where = f"step {self.progress.step + 1:,}, epoch {epoch}"
            self._refuse_lost(found.loss, where, found.gradient_norm, rate)
            seconds = perf_counter() - start
            yield StepVerified(self.progress.step)
            start = perf_counter()
            self.learner.move(rate)
            batch = RunningTotals.of(len(x), found.loss, labels(y), found.correct)
            self.progress = self.progress.stepped(batch)
            seconds += perf_counter() - start
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
                seconds=seconds,
            )
            start = perf_counter()

    def _validate(self, epoch: int) -> Generator[Validating, None, Score]:
        assert self.examine is not None
        evaluator = self.examine(self.learner.tensors)
        for done in evaluator:
            yield Validating(epoch, done, evaluator.total)
        where = f"on what is held out, after step {self.progress.step:,}, epoch {epoch}"
        self._refuse_lost(evaluator.score.loss, where)
        return evaluator.score

    def _refuse_lost(self, loss: float, where: str, norm: float = 0.0, rate: float | None = None) -> None:
        """Raises E501 for a loss from which there is no way back; of a step, with what moved it."""
        first = self.progress.first_loss
        is_finite = math.isfinite(loss + norm)
        if is_finite and (first is None or loss <= EXPLODED * max(1.0, first)):
            return
        why = f"{where}: loss {loss:.4g}"
        if first is not None:
            why += f" (the first was {first:.4g})"
        if rate is not None:
            why += f", gradient norm {norm:.4g}, rate {rate:.3g}"
        message = "the loss has exploded" if is_finite else "the loss is not finite"
        raise TrainingError([Diagnostic("E501", message, why=why, help=self.cure)])
