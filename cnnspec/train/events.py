"""What happens in a training run, as data: what a display shows, a log keeps and a plot draws.

Epochs, batches and steps count from 1; steps go on over the epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Count = Annotated[int, Field(ge=0, le=1 << 53)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
"""What files are held to that say what has happened."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good a network is: mean loss an example, and the share of examples whose likeliest class is the right one;
    None where the output is no list of classes."""

    loss: Finite
    accuracy: Share | None = None


@dataclass(frozen=True, slots=True)
class StepVerified:
    """The weights that `step` steps have made are no lost ones: the loss of the next batch is known, and is sane. They
    have not been changed since."""

    step: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """The weights have been changed once. `score` is that of the batch, `so_far` that of the epoch's batches."""

    epoch: int
    batch: int
    batches: int
    step: int
    examples: int
    score: Score
    so_far: Score
    rate: float
    gradient_norm: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Validating:
    """So many of the examples held out have been looked at after an epoch."""

    epoch: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch with its validation has ended; `validation` is None where nothing is held out.

    `training` is the mean over the epoch's batches as they were met, before the network had learned from the later
    ones.
    """

    epoch: Count
    step: Count
    training: Score
    validation: Score | None
    is_best: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over: all epochs are done, or nothing has become better for `patience` epochs. `kept` is the epoch
    whose weights are the result."""

    reason: Literal["epochs", "patience"]
    epochs: int
    kept: int


Event = StepVerified | Stepped | Validating | EpochDone | Finished
