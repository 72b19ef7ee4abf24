"""How far a training run is, and what a bar says beside that."""

from __future__ import annotations

from ...train.events import EpochDone, Event, Stepped, Validating
from ...train.notices import Begun
from .lines import figure, share

LEARNING = 3
"""What learning from an example costs in terms of judging one: a way forth, and a way back twice as long."""


class Course:
    """Of `total` judgements of an example, or what costs as much, that were to be made when the run began, so many are
    `done`; `now` is what it is at. Calling it with an event goes on, and says whether there is something new."""

    def __init__(self, begun: Begun) -> None:
        epochs = begun.settings.epochs - len(begun.progress.epochs)
        learned = LEARNING * begun.progress.sums.examples
        self.total = epochs * (LEARNING * begun.examples + begun.held_out) - learned
        self.done, self.judged, self.now = 0, 0, "starting"

    def __call__(self, event: Event) -> bool:
        if isinstance(event, Stepped):
            accuracy = event.so_far.accuracy
            parts = [
                f"epoch {event.epoch}: {event.batch}/{event.batches}",
                f"loss {figure(event.so_far.loss)}",
                "" if accuracy is None else f"accuracy {share(accuracy)}",
                f"{event.examples / event.seconds:,.0f} images/s" if event.seconds else "",
            ]
            self.done += LEARNING * event.examples
            self.now = "  ".join(filter(None, parts))
        elif isinstance(event, Validating):
            self.done += event.done - self.judged
            self.judged = event.done
            self.now = f"epoch {event.epoch}: held out {event.done:,}/{event.total:,}"
        elif isinstance(event, EpochDone):
            self.judged = 0
        return isinstance(event, Stepped | Validating)
