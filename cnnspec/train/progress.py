"""How far a training run has come: all that must be known, beside arrays, to go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .events import EpochDone, Score


@dataclass(frozen=True, slots=True)
class RunningTotals:
    """What batches add up to: `correct` of `answers` are right, one for each label. Without labels there are none."""

    examples: int = 0
    loss: float = 0.0
    answers: int = 0
    correct: int = 0

    @classmethod
    def of(cls, examples: int, loss: float, answers: int, correct: int) -> RunningTotals:
        """A batch of mean loss `loss`."""
        return cls(examples, examples * loss, answers, correct)

    def __add__(self, other: RunningTotals) -> RunningTotals:
        return RunningTotals(
            self.examples + other.examples,
            self.loss + other.loss,
            self.answers + other.answers,
            self.correct + other.correct,
        )

    @property
    def score(self) -> Score:
        """Their mean; of one example at least."""
        return Score(self.loss / self.examples, self.correct / self.answers if self.answers else None)


@dataclass(frozen=True, slots=True)
class Progress:
    """`epochs` are done; of the next one `batch` batches, which add up to `sums`; `step` counts through the run.
    `first_loss` is that of the very first batch."""

    epochs: tuple[EpochDone, ...] = ()
    batch: int = 0
    step: int = 0
    sums: RunningTotals = RunningTotals()
    first_loss: float | None = None

    def stepped(self, batch: RunningTotals) -> Progress:
        """After one more batch."""
        first = batch.score.loss if self.first_loss is None else self.first_loss
        return replace(self, batch=self.batch + 1, step=self.step + 1, sums=self.sums + batch, first_loss=first)

    def ended(self, validation: Score | None) -> Progress:
        """At the end of the epoch."""
        training = self.sums.score
        best = min((_judged(done) for done in self.epochs), default=float("inf"))
        is_best = (validation or training).loss < best
        done = EpochDone(len(self.epochs) + 1, self.step, training, validation, is_best)
        return replace(self, epochs=(*self.epochs, done), batch=0, sums=RunningTotals())

    @property
    def best(self) -> int:
        """The epoch of the smallest loss on the examples held out, the first of equal ones; 0 before the first."""
        return max((done.epoch for done in self.epochs if done.is_best), default=0)


def _judged(done: EpochDone) -> float:
    return (done.validation or done.training).loss
