"""`cnnspec specs`: the bundled networks."""

from __future__ import annotations

from pathlib import Path

import click

from .. import bundled


@click.command("specs")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, style: str) -> None:
    """List the bundled networks, or print the YAML of NAME to start from.

    A network's name can be given to every command in place of a file.
    """
    if name is None:
        click.echo(_list(style), nl=False)
    elif style == "json":
        raise click.UsageError("--format json is for the list; a network itself is YAML.")
    else:
        click.echo(_path(name).read_bytes(), nl=False)


def _list(style: str) -> str:
    from ..render.specs import records, table
    from ..spec import load

    specs = {name: load(name) for name in bundled.names()}
    return records(specs) if style == "json" else table(specs)


def _path(name: str) -> Path:
    path = bundled.path(name)
    if path is None:
        from ..spec import locate

        locate(name)  # says which name is near
        raise click.UsageError(f"{name!r} is a file, not a bundled network.")
    return path
