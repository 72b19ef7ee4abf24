"""A training run as lines: what is trained, an epoch a line under their titles, the end."""

from __future__ import annotations

from dataclasses import dataclass

from ...diagnostics.wording import quantity
from ...language.sections.train import Train
from ...train.events import EpochDone, Finished, Score
from ...train.progress import Progress


def first_line(name: str, settings: Train, examples: int, held_out: int, threads: int) -> str:
    """What is trained, with what."""
    held = f", {held_out:,} held out" if held_out else ""
    how = f"{settings.optimizer}, batches of {settings.batch:,}"
    return f"{name}: {quantity(examples, 'example')} to learn from{held}; {how}; {quantity(threads, 'thread')}"


def resumed_line(progress: Progress, epochs: int) -> str:
    """How far a run has come that goes on."""
    epoch = len(progress.epochs) + (progress.batch > 0)
    return f"resumed after step {progress.step:,}, epoch {epoch:,} of {epochs:,}"


@dataclass(frozen=True)
class EpochColumns:
    """A table of epochs, a line each, of a run of `epochs` in all: first what was seen while learning, with
    `is_smoothed` by a loss of smoothed targets, then the examples held out. What a run does not have gets no column."""

    epochs: int
    has_accuracy: bool
    has_validation: bool
    is_smoothed: bool

    @classmethod
    def of(cls, settings: Train, done: EpochDone) -> EpochColumns:
        """Those of a run of which one epoch is done."""
        has_validation = done.validation is not None
        return cls(settings.epochs, done.training.accuracy is not None, has_validation, settings.smoothing > 0)

    def titles(self) -> str:
        accuracy = "  accuracy" if self.has_accuracy else ""
        held_out = f"   {'held out: loss':>14}{accuracy}  " if self.has_validation else ""
        return f"{'epoch':>{self._room}}   {self._loss:>7}{accuracy}{held_out}   images/s"

    def line(self, done: EpochDone, rate: float | None) -> str:
        """`rate` are examples a second. A star marks the best epoch so far on what is held out."""
        count = f"{done.epoch:,}/{self.epochs:,}"
        training = self._scored(done.training, max(7, len(self._loss)))
        held_out = f"   {self._scored(done.validation, 14)} {' *'[done.is_best]}" if done.validation else ""
        seen = f"{rate:11,.0f}" if rate is not None else ""
        return f"{count:>{self._room}}   {training}{held_out}{seen}".rstrip()

    @property
    def _loss(self) -> str:
        return "smoothed loss" if self.is_smoothed else "loss"

    @property
    def _room(self) -> int:
        return max(5, 2 * len(f"{self.epochs:,}") + 1)

    def _scored(self, score: Score, room: int) -> str:
        accuracy = share(score.accuracy) if score.accuracy is not None else ""
        return f"{figure(score.loss):>{room}}" + (f"  {accuracy:>8}" if self.has_accuracy else "")


def legend(end: Finished, best: int) -> str:
    """What the stars say, of which epoch `best` has the last, and which weights are kept."""
    line = "* the smallest loss so far on the examples held out"
    if end.kept == best:
        return line
    return f"{line}; kept are the weights of the last epoch:\n  `--set train.patience=N` keeps those of the best"


def last_line(output: str, end: Finished, done: EpochDone) -> str:
    """What has been written, and how good it is; `done` is the epoch whose weights are kept."""
    which = f"epoch {end.kept:,}"
    if end.reason == "patience":
        which += f", the best: {end.epochs - end.kept:,} more were no better"
    elif end.kept < end.epochs:
        which += f", the best of {end.epochs:,}"
    held_out = done.validation
    if held_out is None:
        return f"{output}: weights of {which}"
    right = "" if held_out.accuracy is None else f", accuracy {share(held_out.accuracy)}"
    return f"{output}: weights of {which}; held out: loss {figure(held_out.loss)}{right}"


def figure(value: float) -> str:
    """A loss."""
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.4g}"


def share(value: float) -> str:
    return f"{100 * value:.2f} %"
