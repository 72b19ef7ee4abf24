"""The first inputs that could not be used, and how to list all of them."""

from __future__ import annotations

import json
import shlex

import click

from ..bulk.failures import Failure
from ..diagnostics.wording import clipped
from ..files.store import is_remote
from ..reports.drawing.terminal_text import escaped
from .notes import note

MOST = 3
"""Errors that are told; millions of inputs may have many."""

LONG = 500
"""Characters of one: names in damaged archives have no end."""

_IN_A_FOLDER = 'from pyarrow.parquet import read_table; rows = read_table(%s, columns=["input", "error"]).to_pylist()'
_IN_A_STORE = (  # by fsspec, whose settings the run had; without Arrow's threads, for the reason in bulk/parquet.py
    "from fsspec.core import url_to_fs; from pyarrow.parquet import ParquetFile; "
    "store, path = url_to_fs(%s); "
    'names = (name for name in store.find(path) if name.endswith(".parquet")); '
    "shards = (ParquetFile(store.open(name), pre_buffer=False) for name in names); "
    'tables = (shard.read(["input", "error"], use_threads=False) for shard in shards); '
    "rows = (row for table in tables for row in table.to_pylist())"
)
_PRINTED = 'print(*(row for row in rows if row["error"]), sep="\\n")'


def tell(first: list[Failure], count: int, out: str | None) -> None:
    """Say the first of `count` errors, and where the rest is: in the folder `out`, or nowhere."""
    for failure in first:
        note(escaped(clipped(str(failure), LONG)))
    if count > len(first):
        if out:
            note(f"this lists all {count:,} errors:")
            click.echo(escaped(listing(out)), err=True)
        else:
            note(f"`--out RESULTS.parquet` keeps all {count:,} errors")


def listing(out: str) -> str:
    """A command that prints each row of the results that is an error."""
    read = (_IN_A_STORE if is_remote(out) else _IN_A_FOLDER) % json.dumps(out)
    return f"python -c {shlex.quote(f'{read}; {_PRINTED}')}"
