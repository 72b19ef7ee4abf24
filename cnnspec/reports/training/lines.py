"""A training run as lines: what is trained, an epoch a line under their titles, the end."""

from __future__ import annotations

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


def titles(epochs: int) -> str:
    """What stands over the lines of epochs: first what was seen while learning, then the examples held out."""
    return f"{'epoch':>{_room(epochs)}}      loss  accuracy   held out: loss  accuracy     images/s"


def epoch_line(done: EpochDone, epochs: int, rate: float | None) -> str:
    """A line for an epoch; `rate` are examples a second. A star marks the best one so far on what is held out."""
    held_out = f"{_scored(done.validation, 14)} {'*' if done.is_best else ' '}" if done.validation else " " * 26
    count = f"{done.epoch:,}/{epochs:,}"
    seen = f"{rate:11,.0f}" if rate is not None else ""
    return f"{count:>{_room(epochs)}}   {_scored(done.training, 7)}   {held_out}{seen}".rstrip()


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


def _room(epochs: int) -> int:
    return max(5, 2 * len(f"{epochs:,}") + 1)


def _scored(score: Score, room: int) -> str:
    return f"{figure(score.loss):>{room}}  {'' if score.accuracy is None else share(score.accuracy):>8}"
