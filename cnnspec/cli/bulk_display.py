"""The live line of work over many inputs: how fast it goes, errors so far, time left. On standard error, in a terminal
only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from ..bulk.bulk_run import BulkRun
from ..bulk.results import Extent
from ..diagnostics.wording import quantity


def shown(run: BulkRun) -> Iterator[Extent]:
    """The run's own iteration, shown as it goes."""
    if not sys.stderr.isatty() or not run.left:
        yield from run
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), TextColumn("left")
    before, start = run.results.extent, time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        line = progress.add_task("running", total=run.total, completed=before.shards)
        for extent in run:
            progress.update(line, description=words(extent, before, time.monotonic() - start), completed=extent.shards)
            yield extent


def words(extent: Extent, before: Extent, seconds: float) -> str:
    """How far it is, and how fast it went since `before`."""
    errors = f", {quantity(extent.failed, 'error')}" if extent.failed else ""
    return f"{quantity(extent.rows, 'row')}{errors}, {(extent.rows - before.rows) / seconds:,.0f}/s"
