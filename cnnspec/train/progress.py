"""How far a training run has come: all that must be known, beside arrays, to go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .events import Count, EpochDone, Finite, Score


@dataclass(frozen=True, slots=True)
class RunningTotals:
    """What batches add up to: `correct` of `answers` are right, one for each label. Without labels there are none."""

    examples: Count = 0
    loss: Finite = 0.0
    answers: Count = 0
    correct: Count = 0

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
    batch: Count = 0
    step: Count = 0
    sums: RunningTotals = RunningTotals()
    first_loss: Finite | None = None

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

    def contradiction(self, epochs: int) -> str:
        """Why no run of so many epochs comes to this, in words; nothing where one may."""
        if [done.epoch for done in self.epochs] != list(range(1, len(self.epochs) + 1)):
            return "its epochs are not counted from 1"
        if len(self.epochs) + (self.batch > 0) > epochs:
            return f"it has done more than its {epochs:,} epochs"
        if (self.batch > 0) != (self.sums.examples > 0) or self.sums.correct > self.sums.answers:
            return f"{self.batch:,} batches do not add up to {self.sums}"
        if (self.step > 0) != (self.first_loss is not None):
            return "the loss of its first batch is not known, or not made"
        return ""

    def misfit(self, batches: int) -> str:
        """Why no run of so many batches an epoch comes to this."""
        steps = [done.step for done in self.epochs]
        if self.batch > batches or steps != [batches * done.epoch for done in self.epochs]:
            return f"its epochs do not have {batches:,} batches each"
        if self.step != batches * len(self.epochs) + self.batch:
            return f"{self.step:,} steps are not {len(self.epochs):,} epochs and {self.batch:,} batches"
        return ""

    @property
    def best(self) -> int:
        """The epoch of the smallest loss on the examples held out, the first of equal ones; 0 before the first."""
        return max((done.epoch for done in self.epochs if done.is_best), default=0)


def _judged(done: EpochDone) -> float:
    return (done.validation or done.training).loss
