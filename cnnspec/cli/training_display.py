"""A training run as it goes on: a line for each epoch on standard output, and in a terminal a bar on standard error
with the batch, the loss and the time that is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ..language.sections.train import Train
from ..reports.drawing.text_table import wrapped
from ..reports.training.course import Course
from ..reports.training.lines import EpochColumns, legend
from ..train.events import EpochDone, Event, Finished, Stepped
from ..train.notices import Begun
from .terminal import width

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

Sink = Callable[[Event], object]


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

    def __init__(self, bar: Bar, begun: Begun) -> None:
        self.bar, self.course = bar, Course(begun)
        self.task = bar.add_task("", total=self.course.total, now=self.course.now)

    def __call__(self, event: Event) -> None:
        if self.course(event):
            self.bar.update(self.task, completed=self.course.done, now=self.course.now)


@contextmanager
def shown(begun: Begun) -> Iterator[Sink]:
    """What shows the events of a run, while it lasts."""
    lines = Lines(begun.settings)
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
        live = Live(bar, begun)

        def show(event: Event) -> None:
            live(event)
            lines(event)

        yield show
