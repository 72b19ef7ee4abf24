"""When a run is saved: often enough to lose little, and never in place of weights that are known to be better."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ..diagnostics import FileError
from ..files.reading import AnyPath
from . import checkpoint
from .events import EpochDone, Event, Finished, Stepped, StepVerified
from .identity import Identity, Notes
from .loop import TrainingRun


class Checkpointer:
    """Saves a run every so many steps and after each epoch, once the loss of its weights is known to be sane: a run
    that is lost leaves the weights from before. Without a path nothing is saved.

    `kept` is the step after which it was saved last; `is_sound` says whether these weights have been judged.
    """

    def __init__(self, run: TrainingRun, identity: Identity, path: AnyPath | None, every: int) -> None:
        self.run, self.identity, self.path, self.every = run, identity, path, every
        self.kept: int | None = run.progress.step or None
        self.is_sound = self.is_due = False

    @property
    def notes(self) -> Notes:
        """What stands beside the run's arrays, as it is now."""
        return Notes(self.identity, self.run.progress)

    def events(self) -> Iterator[Event]:
        """Those of the run, which is saved as it is when its data cannot be read."""
        try:
            yield from self.run.events()
        except FileError:
            if self.run.progress.step != (self.kept or 0):
                with suppress(FileError):  # what the run met is the better news
                    self.save()
            raise

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochDone) or (isinstance(event, Stepped) and event.step % self.every == 0):
            self.is_due = True
        is_judged = isinstance(event, StepVerified) or (isinstance(event, EpochDone) and event.validation is not None)
        if self.is_due and (is_judged or isinstance(event, Finished)):
            self.save()
        if is_judged and self.kept == self.run.progress.step:
            self.is_sound = True

    def save(self) -> None:
        if self.path is None:
            return
        checkpoint.save(self.path, self.identity, self.run.snapshot())
        self.kept = self.run.progress.step
        self.is_sound = self.is_due = False
