"""A training run as it goes on: a line for each epoch on standard output, and in a terminal a bar on standard error
with the batch, the loss and the time that is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import click

from ..language.sections.train import Train
from ..reports.drawing.text_table import wrapped
from ..reports.training.lines import EpochColumns, figure, legend, share
from ..train.events import EpochDone, Event, Finished, Stepped, Validating
from ..train.progress import Progress
from .terminal import width

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LEARNING = 3
"""What learning from an example costs in terms of judging one: a way forth, and a way back twice as long."""

Sink = Callable[[Event], object]


class Extent(NamedTuple):
    """How large a run of these settings is: examples to learn from and held out in each epoch, and what of it is done
    already."""

    settings: Train
    examples: int
    held_out: int
    done: Progress

    @property
    def left(self) -> int:
        """Judgements of an example that are still to be made, or what costs as much."""
        epochs = self.settings.epochs - len(self.done.epochs)
        return epochs * (LEARNING * self.examples + self.held_out) - LEARNING * self.done.sums.examples


class Lines:
    """A line for each epoch."""

    def __init__(self, settings: Train) -> None:
        self.settings, self.examples, self.seconds = settings, 0, 0.0
        self.width = width()  # of the terminal itself: a bar draws on another stream that stands before it
        self.titled, self.best = False, 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stepped):
            self.examples += event.examples
            self.seconds += event.seconds
        if isinstance(event, EpochDone):
            rate = self.examples / self.seconds if self.seconds else None
            columns = EpochColumns.of(self.settings, event, self.width)
            lines = [] if self.titled else [columns.titles()]
            lines.append(columns.line(event, rate))
            # To the stream that is standard output now: in a terminal, the bar's. click would find the one beneath.
            click.echo("\n".join(lines), file=sys.stdout)
            self.titled, self.examples, self.seconds = True, 0, 0.0
            if event.is_best and event.validation:
                self.best = event.epoch
        if isinstance(event, Finished) and self.best:
            lines = [part for line in legend(event, self.best) for part in wrapped(line, self.width, 2)]
            click.echo("\n".join(lines), file=sys.stdout)


class Live:
    """The bar: it moves over the whole run."""

    def __init__(self, bar: Bar, extent: Extent) -> None:
        self.bar, self.seen = bar, 0
        self.task = bar.add_task("", total=extent.left, now="starting")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stepped):
            accuracy = event.so_far.accuracy
            parts = [
                f"epoch {event.epoch}: {event.batch}/{event.batches}",
                f"loss {figure(event.so_far.loss)}",
                "" if accuracy is None else f"accuracy {share(accuracy)}",
                f"{event.examples / event.seconds:,.0f} images/s" if event.seconds else "",
            ]
            self.bar.update(self.task, advance=LEARNING * event.examples, now="  ".join(filter(None, parts)))
        if isinstance(event, Validating):
            now = f"epoch {event.epoch}: held out {event.done:,}/{event.total:,}"
            self.bar.update(self.task, advance=event.done - self.seen, now=now)
            self.seen = event.done
        if isinstance(event, EpochDone):
            self.seen = 0


@contextmanager
def shown(extent: Extent) -> Iterator[Sink]:
    """What shows the events of a run, while it lasts."""
    lines = Lines(extent.settings)
    if not sys.stderr.isatty():
        yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    text = TextColumn("{task.fields[now]}", table_column=Column(no_wrap=True))
    columns = text, BarColumn(None), TimeRemainingColumn()
    console = Console(stderr=True)
    # Lines for the same terminal are drawn above the bar; those for a pipe or file must get there.
    printed = sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, redirect_stdout=printed, expand=True) as bar:
        live = Live(bar, extent)

        def show(event: Event) -> None:
            live(event)
            lines(event)

        yield show
