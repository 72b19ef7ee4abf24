"""A training run as the command shows it: what it says before, as it goes on, and at its end."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path

import click

from ..diagnostics import Failure
from ..files.writing import ensure_writable, whole
from ..language.sections.train import Train
from ..reports.drawing.terminal_text import escaped
from ..reports.drawing.text_table import wrapped
from ..reports.training import curves_svg, curves_text
from ..reports.training.lines import first_line, last_line, resumed_line
from ..spec import Spec
from ..train.notices import AlreadyFinished, Begun, Extended, NothingToResume, Notice, WeightsDrawn
from ..train.result import TrainingResult
from ..train.session import Beginning, RunData, RunFiles, Session, open_session
from ..weights import ensure_savable
from . import terminal, training_notes
from .options import ensure_svg
from .signals import Interruption, ending
from .training_display import shown


@dataclass(frozen=True)
class Files:
    """What a run writes: weights and checkpoint, log and picture where they are wanted."""

    output: Path
    checkpoint: Path
    log: Path | None
    plot: Path | None

    def ensure_writable(self) -> None:
        """Before any work is done that could be lost. Raises FileError; UsageError when one is named twice."""
        paths = [path for path in (self.output, self.checkpoint, self.log, self.plot) if path]
        if len({realpath(path) for path in paths}) < len(paths):
            raise click.UsageError("--output, --checkpoint, --log and --plot need files of their own.")
        ensure_savable(self.output)
        ensure_svg(self.plot)
        for path in paths[1:]:
            ensure_writable(path)


def train(spec: Spec, settings: Train, data: RunData, files: Files, beginning: Beginning) -> None:
    """Train, and write what came of it. Raises Failure for what goes wrong, KeyboardInterrupt after Ctrl-C, SystemExit
    after another signal to end."""
    files.ensure_writable()

    def say(notice: Notice) -> None:
        match notice:
            case NothingToResume():
                training_notes.nothing_to_resume(notice)
            case WeightsDrawn():
                training_notes.drawn_afresh(notice)
            case AlreadyFinished():
                training_notes.finished(notice)
            case Extended():
                training_notes.extended(notice)
            case Begun():
                training_notes.open_points(spec, notice)
                counts = notice.examples, notice.held_out, notice.threads
                _echo(first_line(escaped(spec.name), notice.settings, *counts))
                if notice.is_resumed:
                    click.echo(resumed_line(notice.progress, settings.epochs))

    written = RunFiles(files.output, files.checkpoint, files.log)
    with written.locked():
        session = open_session(spec, settings, data, written, beginning, say)
        if isinstance(session, TrainingResult):
            return
        try:
            _carry_out(session)
            _write(spec, session, files)
        except (Failure, KeyboardInterrupt, SystemExit) as fault:
            training_notes.kept(session.checkpointer, fault)
            raise


def _carry_out(session: Session) -> None:
    """The run to its end, each event shown. Ctrl-C and its like break it off between two, once it is kept."""
    with Interruption() as interruption, closing(session.events()) as events, shown(session.begun) as show:
        for event in events:
            show(event)
            if interruption.asked:
                session.save()
                raise ending(interruption.asked)


def _write(spec: Spec, session: Session, files: Files) -> None:
    """The results; with them the checkpoint has done its work."""
    epochs, end = session.checkpointer.run.progress.epochs, session.end
    assert end is not None, "it was carried out"
    settings = session.begun.settings
    session.write()
    if files.plot:
        with whole(files.plot) as stream:
            stream.write(curves_svg.render(spec.name, epochs, settings.smoothing > 0).encode())
    session.discard_checkpoint()
    if terminal.width() is not None and len(epochs) > 1:
        click.echo("\n" + curves_text.render(epochs, terminal.width(), settings.smoothing > 0))
    _echo(last_line(escaped(str(files.output)), end, epochs[end.kept - 1]))


def _echo(line: str) -> None:
    click.echo("\n".join(wrapped(line, terminal.width(), 2)))
