"""A training run from its files to its files: opened or resumed, kept as it goes on, written.

It prints nothing: what happens is handed on as data, `Notice`s while it is opened and `Event`s once it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from os.path import realpath
from pathlib import Path
from typing import Any

from .. import watched
from ..diagnostics import Diagnostic, TrainingError
from ..engine.backends import DEFAULT
from ..files.lock import Taken, locked
from ..files.places import AnyPath, are_one
from ..files.writing import ensure_writable, writing
from ..graph.array import Array
from ..language.sections.train import Train
from ..machine.threads import default_threads
from ..weights import ensure_savable, initial, take
from ..weights.transfer import transfer
from .build import assemble, identify, least_batch
from .checkpoint import Snapshot
from .checkpointer import Checkpointer
from .datasets import Arrays, open_dataset
from .datasets.batches import batch_count, refuse_lonely
from .datasets.split import Split
from .events import Event, Finished
from .identity import digest_of
from .jsonl_log import JsonlLog
from .network import Network
from .notices import AlreadyFinished, Begun, Notice, WeightsDrawn
from .result import TrainingResult
from .resuming import Held, find, fitting
from .step_memory import ensure_memory
from .trained_weights import save

EVERY = 500
"""Steps between checkpoints."""


@dataclass(frozen=True)
class RunFiles:
    """What a run writes: weights, checkpoint and log, where they are wanted. A run without a checkpoint cannot be
    resumed."""

    output: Path | None = None
    checkpoint: Path | None = None
    log: Path | None = None

    def ensure_writable(self) -> None:
        """Before any work is done that could be lost. Raises FileError; ValueError when one is named twice."""
        paths = [path for path in (self.output, self.checkpoint, self.log) if path]
        if len({realpath(path) for path in paths}) < len(paths):
            raise ValueError("output, checkpoint and log need files of their own")
        if self.output:
            ensure_savable(self.output)
        for path in (self.checkpoint, self.log):
            if path:
                ensure_writable(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all other runs from these files. Raises TrainingError (E505) where one is at work on them."""
        with ExitStack() as held:
            for path in (self.checkpoint, self.output, self.log):
                if path:
                    try:
                        held.enter_context(locked(path))
                    except Taken as holder:
                        raise _taken(path, holder) from None
            yield


def _taken(path: Path, holder: Taken) -> TrainingError:
    cure = "wait for its end, or stop it; a run beside it needs files of its own: `-o FILE`"
    message = f"`{path}` is being written by another run"
    return TrainingError([Diagnostic("E505", message, file=str(path), why=f"{holder} is at work on it", help=cure)])


@dataclass(frozen=True)
class RunData:
    """What is learned from, and what the network is judged by: a part of the same, or another set."""

    learned: AnyPath | Arrays
    judged: AnyPath | Arrays | None = None


@dataclass(frozen=True)
class Beginning:
    """How a run begins, and how often it is kept: a checkpoint `every` so many steps.

    `weights` are a file, of which what does not fit is drawn afresh, or arrays by name, which must all fit; by default
    all are drawn. `resume` goes on with the run of the checkpoint, if there is one; `restart` begins anew, though there
    is one. `backend` names whose kernels are used.
    """

    weights: AnyPath | Mapping[str, Any] | None = None
    threads: int | None = None
    every: int = EVERY
    resume: bool = False
    restart: bool = False
    backend: str = DEFAULT


@dataclass
class Session:
    """A run between two of its events. `begun` says how it was opened; `end` is there once it has ended."""

    begun: Begun
    checkpointer: Checkpointer
    files: RunFiles
    end: Finished | None = None

    def events(self) -> Generator[Event, None, None]:
        """Train, and say what happens; each event is logged and kept before it is handed on.

        Between two events the run may be left: with `save`, to be resumed. Raises TrainingError and FileError; what
        was kept before stays.
        """
        run, network = self.checkpointer.run, self.checkpointer.identity.spec
        log = JsonlLog(self.files.log, run.progress, network) if self.files.log else None
        try:
            for event in self.checkpointer.events():
                if log is not None:  # before the checkpoint: the log has all that it has
                    log(event)
                self.checkpointer(event)
                if isinstance(event, Finished):
                    self.end = event
                yield event
        finally:
            if log is not None:
                log.close()

    def save(self) -> None:
        """Write the checkpoint, where there is to be one."""
        self.checkpointer.save()

    def write(self) -> None:
        """Write the result, where it is wanted."""
        if self.files.output:
            save(self.checkpointer.run.result, self.files.output, self.checkpointer.notes)

    def discard_checkpoint(self) -> None:
        """Once the result is written, the checkpoint has done its work."""
        if self.files.checkpoint:
            with writing(self.files.checkpoint):
                self.files.checkpoint.unlink(missing_ok=True)


def open_session(
    network: Network,
    settings: Train,
    data: RunData,
    files: RunFiles,
    beginning: Beginning,
    notify: Callable[[Notice], object],
) -> Session | TrainingResult:
    """A run, ready to go on; or what it has come to, when it has ended already. What there is to say of it goes to
    `notify`.

    Raises FileError and TrainingError for all that can be known before the first step.
    """
    held = find(files.checkpoint, files.output, beginning.resume, beginning.restart, notify)
    examples = open_dataset(data.learned, network, settings.loss)
    judged = open_dataset(data.judged, network, settings.loss, "test") if data.judged is not None else None
    split = Split.of(examples, settings.validation, judged)
    learned, least = split.learned, least_batch(network.graph, settings)
    refuse_lonely(examples, learned, least)
    threads = beginning.threads or (held.identity.threads if held else default_threads())
    ensure_memory(network.graph, settings, threads, learned)
    origin, start = _origin(network, settings, files.output, beginning.weights, held, notify)
    identity = identify(network.graph, settings, split.fingerprint, origin, threads, beginning.backend)
    if held:
        held.agree(identity)
        if not held.goes_on(settings):
            assert files.checkpoint, "it was looked for"
            notify(AlreadyFinished(held.path, files.checkpoint))
            return TrainingResult(network.graph, fitting(network.graph, held.snapshot.tensors, held.path), held.notes)
        extended = held.extended(settings)
        steps = (extended.step,) if extended and extended.is_replanned else ()
        identity = replace(identity, extended=(*held.identity.extended, *steps))
        start = held.start(network.graph, settings, batch_count(learned, settings.batch, least))
        if extended:
            notify(extended)
    assert start is not None, "what is not held has just begun"
    run = assemble(network.graph, settings, split, threads, start, beginning.backend)
    is_drawn = beginning.weights is None and not held
    outputs = network.graph.shape(network.graph.outputs[0])[0]
    unlearned, unjudged = split.gaps(max(2, outputs))
    begun = Begun(
        settings=settings,
        examples=learned,
        held_out=len(split.aside),
        threads=threads,
        progress=run.progress,
        classes=examples.classes,
        unlearned=unlearned,
        unjudged=unjudged,
        is_drawn=is_drawn,
        is_resumed=held is not None,
    )
    notify(begun)
    return Session(begun, Checkpointer(run, identity, files.checkpoint, beginning.every), files)


def train(
    network: Network,
    settings: Train,
    data: RunData,
    files: RunFiles,
    beginning: Beginning,
    on_event: Callable[[Notice | Event], object],
    progress: bool = True,
) -> TrainingResult:
    """Train to the end, and write what came of it where `files` says so. A notebook shows the `progress`."""
    if beginning.resume and files.checkpoint is None:
        raise ValueError("`resume` goes on with a checkpoint; name its file")
    if beginning.resume and beginning.restart:
        raise ValueError("`resume` and `restart` exclude each other")
    files.ensure_writable()
    with files.locked():
        session = open_session(network, settings, data, files, beginning, on_event)
        if isinstance(session, TrainingResult):
            return session
        with (
            closing(session.events()) as events,
            closing(watched(events, session.begun) if progress else events) as followed,
        ):
            for event in followed:
                on_event(event)
        session.write()
        session.discard_checkpoint()
    return TrainingResult(network.graph, session.checkpointer.run.result, session.checkpointer.notes)


def _origin(
    network: Network,
    settings: Train,
    output: Path | None,
    weights: AnyPath | Mapping[str, Any] | None,
    held: Held | None,
    notify: Callable[[Notice], object],
) -> tuple[str, Snapshot | None]:
    """The digest of the weights at the beginning of the run, and the run that begins with them. Like threads, the
    weights of a run that goes on need not be named again; those that its result has replaced cannot be."""
    if held and (weights is None or (held.has_ended and output and _is_file(weights, output))):
        return held.identity.start, None
    tensors = _tensors(network, settings, weights, notify)
    return digest_of(tensors), Snapshot.start(tensors)


def _is_file(weights: AnyPath | Mapping[str, Any], output: Path) -> bool:
    return not isinstance(weights, Mapping) and are_one(Path(weights), output)


def _tensors(
    network: Network,
    settings: Train,
    weights: AnyPath | Mapping[str, Any] | None,
    notify: Callable[[Notice], object],
) -> dict[str, Array]:
    """Weights to begin with: drawn, those given, or a file's with what is missing drawn, which is said."""
    needed = network.graph.tensors
    if weights is None:
        return initial(needed, settings.style, settings.seed)
    if isinstance(weights, Mapping):
        return take(needed, weights)
    start = transfer(needed, weights, settings.style, settings.seed)
    if start.lacks or start.misshapen:
        notify(WeightsDrawn(str(weights), len(start.tensors), start.lacks, start.misshapen))
    return start.tensors
