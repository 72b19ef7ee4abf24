"""Options for work over many inputs, which `run` and `eval` share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import click

from .options import COUNT, Decorator

SHARD = 1000
"""Inputs of a shard, where they are not in containers."""
PART = 10_000
"""Inputs of a shard that has a part of a large archive or table."""
WAIT = 300
"""Seconds in which a cluster without workers gets one."""


@dataclass(frozen=True)
class BulkChoices:
    """How many inputs are worked on; None and False where nothing is asked for."""

    workers: int | None
    dask: str | None
    wait: int | None
    shard: int | None
    restart: bool
    inputs_from: str | None
    image_column: str | None

    @property
    def are_many(self) -> bool:
        """Whether the options say that there are many inputs."""
        return bool(self.workers or self.dask or self.inputs_from)

    def refuse(self, needed: str = "--out RESULTS.parquet") -> None:
        """They are for results in shards alone. Raises UsageError."""
        for name, value in vars(self).items():
            if value:
                option = f"--{name.replace('_', '-')}"
                raise click.UsageError(f"{option} is for results in shards: `{needed}`.")


class Engine(NamedTuple):
    """How the network is carried out."""

    batch: int | None
    threads: int | None
    exact: bool
    backend: str


def bulk_options(command: Any) -> Any:
    """--workers, --dask, --wait, --shard, --restart, --inputs-from, --image-column."""
    inputs = f"Inputs that make a shard.  [default: {SHARD:,} single files, {PART:,} of an archive]"
    wait = f"How long --dask goes without any worker before the run ends.  [default: {WAIT}]"
    column = "The column of Parquet tables, or the ending in tar archives, that has the images."
    options: tuple[Decorator, ...] = (
        click.option("--workers", type=COUNT, metavar="N", help="Into shards: by N processes of this machine."),
        click.option("--dask", metavar="ADDRESS", help="Into shards: by the workers of this Dask scheduler."),
        click.option("--wait", type=COUNT, metavar="SECONDS", help=wait),
        click.option("--shard", type=COUNT, metavar="N", help=inputs),
        click.option("--restart", is_flag=True, help="Remove the shards that --out holds, and begin anew."),
        click.option("--inputs-from", metavar="FILE", help="Into shards: inputs, a line each; - for standard input."),
        click.option("--image-column", metavar="NAME", help=column),
    )
    for option in reversed(options):
        command = option(command)
    return command
