"""What a run says of how it begins, as data: the events before the first step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..language.sections.train import Train
from .progress import Progress


@dataclass(frozen=True, slots=True)
class NothingToResume:
    """There is neither checkpoint nor result to go on with: the run begins."""

    checkpoint: Path


@dataclass(frozen=True, slots=True)
class WeightsDrawn:
    """Of the network's `count` tensors, the file of weights gave not all: it `lacks` some, others are `misshapen` in
    it. They are drawn afresh."""

    weights: str
    count: int
    lacks: tuple[str, ...]
    misshapen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlreadyFinished:
    """The run that is to go on has ended: `output` is its result."""

    output: Path
    checkpoint: Path


@dataclass(frozen=True, slots=True)
class Extended:
    """A run that was begun for `had` epochs goes on to `epochs` from the file `path`, after `step` steps. Where it
    `has_ended`, that is its result, and the optimizer, which is not in it, begins anew. With `is_replanned` it comes to
    other bytes than a run that is begun for so many epochs."""

    path: Path
    had: int
    epochs: int
    step: int
    has_ended: bool
    is_replanned: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A run is ready for its next step, the first one after `progress`: `examples` to learn from and `held_out` in each
    epoch, `threads` that share a batch. `classes` are the names of the labels, where they have some; of the `unlearned`
    ones there is no example to learn from, of the `unjudged` ones none is held out. `is_drawn` says
    that all weights to begin with are random, `is_resumed` that a checkpoint is gone on with."""

    settings: Train
    examples: int
    held_out: int
    threads: int
    progress: Progress
    classes: tuple[str, ...] | None
    unlearned: tuple[str, ...]
    unjudged: tuple[str, ...]
    is_drawn: bool
    is_resumed: bool


Notice = NothingToResume | WeightsDrawn | AlreadyFinished | Extended | Begun
