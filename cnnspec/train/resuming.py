"""What a run goes on from: its checkpoint, or, once it has ended, its result, where more epochs are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..diagnostics import Diagnostic, FileError, TrainingError, errors
from ..files.reading import Malformed, blaming
from ..graph.array import Array
from ..graph.graph import Graph
from ..language.sections.train import Train
from ..weights import fit
from .checkpoint import Snapshot, ensure_absent, ensure_complete, load
from .identity import Identity, Notes
from .notices import Extended, NothingToResume, Notice
from .trained_weights import finished

ANY_LENGTH = ("constant", "step")
"""Schedules whose rates do not hang on the number of epochs."""


@dataclass(frozen=True)
class Held:
    """A run that has been begun, as the file `path` has it. Once it `has_ended`, only its weights are left of it."""

    path: Path
    identity: Identity
    snapshot: Snapshot
    has_ended: bool

    @property
    def notes(self) -> Notes:
        return Notes(self.identity, self.snapshot.progress)

    def goes_on(self, settings: Train) -> bool:
        """Whether anything is left to be done. A run that has lost its patience has ended, however many epochs it may
        have."""
        if not self.has_ended:
            return True
        had = self.identity.settings.epochs
        return settings.epochs > had == len(self.snapshot.progress.epochs)

    def agree(self, wanted: Identity) -> None:
        """Raises E502 where the run in the file is another than the one that is wanted. The number of epochs may be
        another one, as long as the run has not gone beyond it."""
        progress = self.snapshot.progress
        begun = len(progress.epochs) + (progress.batch > 0)
        may_end_elsewhere = self.goes_on(wanted.settings) and wanted.settings.epochs >= begun
        found = list(self.identity.differences(wanted, ("epochs",) if may_end_elsewhere else ()))
        if found:
            message = f"the {'result' if self.has_ended else 'checkpoint'} is of another run"
            cure = "give what it was begun with, or begin anew from its weights: `--restart --weights FILE`"
            raise TrainingError([Diagnostic("E502", message, file=str(self.path), why="; ".join(found), help=cure)])

    def extended(self, settings: Train) -> Extended | None:
        """What becomes of the run where another number of epochs is asked for."""
        had = self.identity.settings.epochs
        if settings.epochs == had:
            return None
        is_replanned = self.has_ended or settings.schedule not in ANY_LENGTH
        return Extended(self.path, had, settings.epochs, self.snapshot.progress.step, self.has_ended, is_replanned)

    def start(self, graph: Graph, settings: Train, batches: int) -> Snapshot:
        """The run to go on with, of so many batches an epoch. Raises FileError where the file has not all of it."""
        with blaming(self.path):
            if why := self.snapshot.progress.misfit(batches):
                raise Malformed(f"what it says of the run is wrong: {why}")
        if not self.has_ended:
            ensure_complete(self.path, self.snapshot, graph, settings)
            return self.snapshot
        tensors = fitting(graph, self.snapshot.tensors, self.path)
        best = {name: array.copy() for name, array in tensors.items()} if settings.patience else {}
        return Snapshot(self.snapshot.progress, tensors, {}, best)


def fitting(graph: Graph, tensors: Mapping[str, Array], path: Path) -> dict[str, Array]:
    """The network's tensors out of those of a file, to be written to. Raises FileError where they do not fit."""
    arrays, found = fit(graph.tensors, tensors, str(path))
    if faults := errors(found):
        raise FileError(faults)
    return {name: array.copy() for name, array in arrays.items()}


def find(
    checkpoint: Path | None, output: Path | None, resume: bool, restart: bool, notify: Callable[[Notice], object]
) -> Held | None:
    """The run to go on with. Where there is none to be resumed, the run begins: it comes to the same."""
    if checkpoint is None:
        return None
    if not resume:
        ensure_absent(checkpoint, restart)
        return None
    if checkpoint.exists():
        return Held(checkpoint, *load(checkpoint), has_ended=False)
    if output and output.exists():
        notes, tensors = finished(output)
        return Held(output, notes.identity, Snapshot(notes.progress, tensors, {}, {}), has_ended=True)
    notify(NothingToResume(checkpoint))
    return None
