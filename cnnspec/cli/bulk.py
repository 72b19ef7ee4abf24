"""Work over many inputs as a command shows it: planned, what is wrong said first, then a live line, and what came of
it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from .. import __version__
from ..bulk.bulk_run import BulkRun
from ..bulk.crews import Crew
from ..bulk.crews.alone import Alone
from ..bulk.crews.processes import Processes
from ..bulk.job import Job
from ..bulk.listing import fingerprint
from ..bulk.manifest import Manifest
from ..bulk.parts import Parts
from ..bulk.results import Results
from ..bulk.table import utf8
from ..bulk.task import SAMPLED, TABLE, file_name, tasks
from ..diagnostics import FileError
from ..diagnostics.missing_package import ensure_package
from ..diagnostics.wording import quantity
from ..files import store
from ..files.reading import blaming, opened, reason, standard_input
from ..files.store import Stored
from ..reports.drawing.terminal_text import escaped
from ..spec import Spec
from ..train.identity import digest, digest_of
from .bulk_display import shown
from .bulk_errors import MOST as MOST_ERRORS
from .bulk_errors import tell
from .bulk_options import PART, SHARD, WAIT, BulkChoices
from .notes import note

MOST = 2**31
"""Bytes of a list of inputs."""


def inputs_of(given: tuple[str, ...], choices: BulkChoices) -> tuple[str, ...]:
    """What is named on the command line, and in the file of `--inputs-from`. Raises UsageError for nothing at all."""
    if choices.workers and choices.dask:
        raise click.UsageError("--workers and --dask exclude each other: `dask worker --nworkers N` starts several.")
    if choices.wait and not choices.dask:
        raise click.UsageError("--wait is for the workers of --dask.")
    names = [*given]
    if choices.inputs_from:
        names += [line for line in map(str.strip, _text(choices.inputs_from).splitlines()) if line]
    if not names and choices.inputs_from:
        raise click.UsageError(f"there are no INPUTs: `{choices.inputs_from}`, the list of --inputs-from, is empty.")
    if not names:
        raise click.UsageError("results in shards are of INPUTs: name files, folders, patterns, or `--inputs-from`.")
    return tuple(names)


def _text(file: str) -> str:
    if file == "-":
        return standard_input(MOST).decode("utf-8", "surrogateescape")
    with opened(file) as stream, blaming(file):
        return stream.read(MOST).decode("utf-8", "surrogateescape")


def current_folder() -> str:
    """What relative names start from, for workers that run elsewhere. Raises FileError (E404) where it was removed."""
    try:
        return str(Path.cwd())
    except OSError as fault:
        message, cure = "the folder that the command runs in is not there any more", "`cd` to one that is"
        raise FileError.about(".", "E404", message, reason(fault), cure) from None


def ensure_packages(places: Iterable[str], choices: BulkChoices) -> None:
    """For inputs and results at these places. Raises FileError (E417) for a package that is missing."""
    ensure_package("writing results in shards", "pyarrow", "parquet")
    if choices.dask:
        ensure_package("work by a Dask cluster", "distributed", "dask")
    if any(map(store.is_remote, places)):
        ensure_package("reaching a store", "fsspec", "cloud")


def ensure_columns(image: str | None, label: str | None, files: Iterable[Stored]) -> None:
    """Raises UsageError for an option that names something in files of which there is none."""
    names = [file_name(file.url).lower() for file in files]
    if image and not any(name.endswith(SAMPLED) for name in names):
        raise click.UsageError("--image-column is for tables and tar archives; there are none among the inputs.")
    if label and not any(name.endswith(TABLE) for name in names):
        raise click.UsageError("--label-column is for Parquet tables; there are none among the inputs.")


@dataclass(frozen=True)
class Bulk:
    """A job over inputs whose results go to a folder."""

    spec: Spec
    job: Job
    names: tuple[str, ...]
    files: list[Stored]
    choices: BulkChoices
    asked: Mapping[str, object]
    """What else makes the results these and no others, by the names of options."""

    def carry_out(self, out: str) -> Results:
        """Raises FileError: for what can be known of the results and the workers before the work, and for a store that
        fails."""
        parts = Parts(self.files, self.job.decoding, self.choices.shard or PART)
        work = list(tasks(self.files, self.choices.shard or SHARD, parts))
        made = Manifest(
            cnnspec=__version__,
            spec=self.spec.name,
            network=digest(self.job.graph),
            weights=digest_of(self.job.tensors),
            choices=dict(self._choices()),
            inputs=tuple(map(utf8, self.names)),
            listing=fingerprint(self.files),
            files=len(self.files),
            shards=len(work),
        )
        results = Results(out)
        with results.alone(), self._crew(self.files[0]) as crew:
            results.begin(made, self.choices.restart)
            run = BulkRun(self.job, work, results, crew)
            self._say(run)
            for _ in shown(run):
                pass
        return results

    def _choices(self) -> Iterator[tuple[str, str]]:
        preprocess, column = self.job.decoding.preprocess, self.choices.image_column
        options = {"--shard": self.choices.shard or SHARD, "--image-column": column, "--batch": self.job.size}
        described = {"preprocess": preprocess and preprocess.model_dump(mode="json"), **options, **self.asked}
        for name, value in described.items():
            if value not in (None, False, ""):
                yield name, value if isinstance(value, str) else json.dumps(value)

    def _crew(self, first: Stored) -> AbstractContextManager[Crew]:
        if self.choices.dask:
            from ..bulk.crews.dask_cluster import connected

            return connected(self.choices.dask, self.job.decoding.local(first.url), self.choices.wait or WAIT, note)
        return nullcontext(Processes(self.choices.workers) if self.choices.workers else Alone())

    def _say(self, run: BulkRun) -> None:
        if run.results.removed:
            note(f"{quantity(run.results.removed, 'shard')} of an earlier run not whole, made anew")
        if run.results.done:
            done = f"{len(run.results.done):,} of {quantity(run.total, 'shard')}"
            note(f"made by an earlier run: {done}" + ("; nothing is left to do" * (not run.left)))


def told(out: str, results: Results) -> int:
    """Say what came of it; the exit code."""
    extent = results.extent
    parts = [f"{quantity(extent.rows, 'row')} in {quantity(extent.shards, 'shard')}"]
    if extent.failed:
        parts.append(f"{quantity(extent.failed, 'error')} among them")
    if extent.not_finite:
        parts.append(f"{extent.not_finite:,} with numbers that are not finite")
    click.echo(f"{escaped(out)}: {', '.join(parts)}")
    tell(results.first_failures(MOST_ERRORS), extent.failed, out)
    return 4 if extent.failed else 0
