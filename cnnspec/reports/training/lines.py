"""A training run as lines: what is trained, an epoch a line under their titles, the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

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
    """A table of epochs, a line each, of a run of `epochs` in all: first what was seen while learning, then the
    examples held out. What a run does not have gets no column; neither does what has no room, the least telling first.

    `loss` and `held_out` are the titles of the two losses.
    """

    epochs: int
    loss: str
    held_out: str
    has_accuracy: bool
    has_training_accuracy: bool
    has_rate: bool = True

    @classmethod
    def of(cls, settings: Train, done: EpochDone, width: int | None = None) -> EpochColumns:
        """Those of a run of which one epoch is done, in lines of `width`."""
        columns = cls(
            settings.epochs,
            "smoothed loss" if settings.smoothing else "loss",
            "held out: loss" if done.validation is not None else "",
            done.training.accuracy is not None,
            done.training.accuracy is not None,
        )
        for leaner in _leaner(columns):
            if width is None or len(columns.titles()) <= width:
                break
            columns = replace(columns, **leaner)
        return columns

    def titles(self) -> str:
        accuracy = f"  {'accuracy':>8}"
        training = f"{self.loss:>7}" + accuracy * self.has_training_accuracy
        held_out = f"   {self.held_out}{accuracy * self.has_accuracy}  " if self.held_out else ""
        return f"{'epoch':>{self._room}}   {training}{held_out}{'   images/s' * self.has_rate}".rstrip()

    def line(self, done: EpochDone, rate: float | None) -> str:
        """`rate` are examples a second. A star marks the best epoch so far on what is held out."""
        count = f"{done.epoch:,}/{self.epochs:,}"
        training = _scored(done.training, max(7, len(self.loss)), self.has_training_accuracy)
        held_out = ""
        if done.validation:
            scored = _scored(done.validation, len(self.held_out), self.has_accuracy)
            held_out = f"   {scored} {' *'[done.is_best]}"
        seen = f"{rate:11,.0f}" if rate is not None and self.has_rate else ""
        return f"{count:>{self._room}}   {training}{held_out}{seen}".rstrip()

    @property
    def _room(self) -> int:
        return max(5, 2 * len(f"{self.epochs:,}") + 1)


def _leaner(columns: EpochColumns) -> tuple[dict[str, Any], ...]:
    """Ways to make a table narrower, in their order."""
    is_judged = bool(columns.held_out)
    return (
        {"has_rate": False},
        {"loss": columns.loss.removesuffix(" loss")},
        {"has_training_accuracy": columns.has_accuracy and not is_judged},
        {"held_out": "held out" * is_judged},
        {"has_accuracy": False, "has_training_accuracy": False},
    )


def _scored(score: Score, room: int, has_accuracy: bool) -> str:
    accuracy = share(score.accuracy) if score.accuracy is not None else ""
    return f"{figure(score.loss):>{room}}" + (f"  {accuracy:>8}" if has_accuracy else "")


def legend(end: Finished, best: int) -> Iterator[str]:
    """What the stars say, of which epoch `best` has the last, and which weights are kept."""
    star = "* the smallest loss so far on the examples held out"
    if end.kept == best:
        yield star
    else:
        yield f"{star}; kept are the weights of the last epoch:"
        yield "  `--set train.patience=N` keeps those of the best"


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
