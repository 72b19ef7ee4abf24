"""A training run from its files to its files: opened or resumed, shown as it goes on, kept, written."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import click

from ..diagnostics import Failure
from ..files.writing import clear_remains, ensure_writable, whole
from ..graph.array import Array
from ..language.sections.train import Train
from ..machine.hardware import cores
from ..reports.drawing.terminal_text import escaped
from ..reports.training import curves_svg, curves_text
from ..reports.training.lines import first_line, last_line, resumed_line
from ..spec import Spec
from ..train.build import assemble, identify
from ..train.checkpoint import Identity, Snapshot, agree, digest_of, ensure_absent, ensure_complete, load
from ..train.checkpointer import Checkpointer
from ..train.datasets import open_dataset
from ..train.datasets.batches import held_out, refuse_unlearned
from ..train.events import Finished
from ..train.jsonl_log import JsonlLog
from ..train.step_memory import ensure_memory
from ..train.trained_weights import finished, save
from ..weights import ensure_savable, initial
from ..weights.transfer import transfer
from . import terminal, training_notes
from .overwrite_guard import Inputs, are_one, ensure_apart, ensure_svg
from .signals import Interruption, ending
from .training_display import Extent, shown


@dataclass(frozen=True)
class Files:
    """What a run writes: weights and checkpoint, log and picture where they are wanted."""

    output: Path
    checkpoint: Path
    log: Path | None
    plot: Path | None

    def ensure_apart(self, read: Inputs, weights: Inputs) -> None:
        """Raises UsageError where a file to write is one that is `read`. The output may be the `weights` to start from,
        and so may the checkpoint, of which a run that begins replaces no other file."""
        for option, path, kept in (
            ("--output", self.output, read),
            ("--checkpoint", self.checkpoint, read),
            ("--log", self.log, [*read, *weights]),
            ("--plot", self.plot, [*read, *weights]),
        ):
            if path is not None:
                ensure_apart(option, path, kept)

    def ensure_writable(self) -> None:
        """Before any work is done that could be lost. Raises FileError; UsageError when one is named twice."""
        paths = [path for path in (self.output, self.checkpoint, self.log, self.plot) if path]
        if len({path.resolve() for path in paths}) < len(paths):
            raise click.UsageError("--output, --checkpoint, --log and --plot need files of their own.")
        ensure_savable(self.output)
        if self.plot:
            ensure_svg(self.plot)
        for path in paths[1:]:
            ensure_writable(path)


@dataclass(frozen=True)
class Choices:
    """How a run begins, and how often it is kept."""

    data: Path
    weights: str | None
    threads: int | None
    every: int
    resume: bool
    restart: bool


Held = tuple[Identity, Snapshot | None]
"""A run that has been begun, and where it stands; None at its end."""


def train(spec: Spec, settings: Train, files: Files, choices: Choices) -> None:
    """Train, and write what came of it. Raises Failure for what goes wrong, KeyboardInterrupt after Ctrl-C, SystemExit
    after another signal to end."""
    files.ensure_writable()
    held = _held(files, choices)
    if choices.resume:  # perhaps after a kill, in the middle of writing
        clear_remains(files.checkpoint)
        clear_remains(files.output)
    examples = open_dataset(choices.data, spec, settings.loss)
    aside = held_out(len(examples), settings.validation)
    refuse_unlearned(examples, aside)
    threads = choices.threads or (held[0].threads if held else cores())
    ensure_memory(spec.graph, settings, threads, len(examples) - aside)
    origin, start = _origin(spec, settings, files.output, choices.weights, held)
    identity = identify(spec.graph, settings, examples, origin, threads)
    if start is None:
        assert held is not None, "what has ended has begun"
        agree(files.output, held[0], identity, "result")
        training_notes.finished(files.output, files.checkpoint)
        return
    if held:
        agree(files.checkpoint, held[0], identity)
        ensure_complete(files.checkpoint, start, spec.graph, settings)
    training_notes.open_points(spec, settings, examples, choices.weights is None and not held)
    run = assemble(spec.graph, settings, examples, threads, start)
    extent = Extent(settings.epochs, len(examples) - aside, aside, run.progress)
    click.echo(first_line(escaped(spec.name), settings, extent.examples, aside, threads))
    if held:
        click.echo(resumed_line(run.progress, settings.epochs))
    checkpointer = Checkpointer(run, identity, files.checkpoint, choices.every)
    try:
        _write(spec, checkpointer, _carry_out(checkpointer, files.log, extent), files)
    except (Failure, KeyboardInterrupt, SystemExit) as fault:
        training_notes.kept(checkpointer, fault)
        raise


def _held(files: Files, choices: Choices) -> Held | None:
    """The run to go on with. Where there is none to be resumed, the run begins: it comes to the same."""
    if not choices.resume:
        ensure_absent(files.checkpoint, choices.restart)
        return None
    if files.checkpoint.exists():
        return load(files.checkpoint)
    if files.output.exists():
        return finished(files.output), None
    training_notes.note(f"there is no `{escaped(str(files.checkpoint))}`: the run begins")
    return None


def _origin(
    spec: Spec, settings: Train, output: Path, weights: str | None, held: Held | None
) -> tuple[str, Snapshot | None]:
    """The digest of the weights at the beginning of the run, and where it stands. Like threads, the weights of a run
    that goes on need not be named again; those that its result has replaced cannot be."""
    if held and (weights is None or (held[1] is None and are_one(Path(weights), output))):
        return held[0].start, held[1]
    tensors = _tensors(spec, settings, weights)
    return digest_of(tensors), held[1] if held else Snapshot.start(tensors)


def _tensors(spec: Spec, settings: Train, weights: str | None) -> dict[str, Array]:
    """Weights to begin with: drawn, or a file's with what is missing drawn, which is said."""
    if weights is None:
        return initial(spec.graph.tensors, settings.style, settings.seed)
    start = transfer(spec.graph.tensors, weights, settings.style, settings.seed)
    training_notes.drawn_afresh(weights, start)
    return start.tensors


def _carry_out(checkpointer: Checkpointer, path: Path | None, extent: Extent) -> Finished:
    """The events of a run, each logged, kept and shown; its end. Ctrl-C and its like break it off between two, once it
    is kept."""
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption())
        log = stack.enter_context(closing(JsonlLog(path, checkpointer.run.progress))) if path else None
        show = stack.enter_context(shown(extent))
        for event in checkpointer.events():
            if log is not None:  # before the checkpoint: the log has all that it has
                log(event)
            checkpointer(event)
            show(event)
            if interruption.asked:
                checkpointer.save()
                raise ending(interruption.asked)
    assert isinstance(event, Finished)
    return event


def _write(spec: Spec, checkpointer: Checkpointer, end: Finished, files: Files) -> None:
    """The results; with them the checkpoint has done its work."""
    epochs = checkpointer.run.progress.epochs
    save(checkpointer.run.result, files.output, checkpointer.identity)
    if files.plot:
        with whole(files.plot) as stream:
            stream.write(curves_svg.render(spec.name, epochs).encode())
    files.checkpoint.unlink(missing_ok=True)
    if terminal.width() is not None and len(epochs) > 1:
        click.echo("\n" + curves_text.render(epochs, terminal.width()))
    click.echo(last_line(escaped(str(files.output)), end, epochs[end.kept - 1]))
