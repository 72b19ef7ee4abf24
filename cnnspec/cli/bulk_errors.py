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
    where, imports = json.dumps(out), "from pyarrow.parquet import read_table; "
    if is_remote(out):  # PyArrow has ways of its own to some stores, with settings of their own
        imports += f"from fsspec.core import url_to_fs; store, path = url_to_fs({where}); "
        where = "path, filesystem=store"
    rows = f'read_table({where}, columns=["input", "error"]).to_pylist()'
    program = f'{imports}print(*(r for r in {rows} if r["error"]), sep="\\n")'
    return f"python -c {shlex.quote(program)}"
