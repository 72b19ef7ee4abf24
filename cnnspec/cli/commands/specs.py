"""`cnnspec specs`: the bundled networks."""

from __future__ import annotations

from pathlib import Path

import click

from ...reports.drawing.terminal_text import escaped
from ...spec import bundled
from ..completion import bundled_names
from ..notes import note
from ..options import OUTPUT
from ..terminal import width


@click.command("specs")
@click.argument("name", metavar="[NAME]", required=False, shell_complete=bundled_names)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", type=OUTPUT, help="Copy NAME and the files that it names to this folder or .yaml file.")
def command(name: str | None, style: str, output: str | None) -> None:
    """List the bundled networks; print the YAML of NAME, or copy it, to start from.

    A network's name can be given to every command in place of a file.
    """
    if name is None and output:
        raise click.UsageError("--output takes a copy of one network; name it.")
    if name is None:
        click.echo(_list(style), nl=False)
    elif style == "json":
        raise click.UsageError("--format json is for the list; a network itself is YAML.")
    elif output:
        _copy(name, Path(output))
    else:
        click.echo(_path(name).read_bytes(), nl=False)
        if files := _files(name):
            which = ", ".join(str(path.relative_to(bundled.folder())) for path in files)
            note(f"it names {which}: `cnnspec specs {name} -o FOLDER` copies all")


def _copy(name: str, output: Path) -> None:
    """The spec, and beside it the files that it names. None that are there already are written over."""
    from ...files.writing import whole, writing

    target = output if output.suffix.lower() in (".yaml", ".yml") else output / f"{name}.yaml"
    copies = {_path(name): target}
    copies |= {path: target.parent / path.relative_to(bundled.folder()) for path in _files(name)}
    for copy in copies.values():
        if copy.exists():
            raise click.UsageError(f"there is already a file `{escaped(str(copy))}`; choose another folder.")
    for original, copy in copies.items():
        with writing(copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
        with whole(copy) as stream:
            stream.write(original.read_bytes())
        click.echo(escaped(str(copy)))


def _files(name: str) -> tuple[Path, ...]:
    from ...files.places import is_plain
    from ...spec import load
    from ...spec.assets import named

    spec = load(name)
    return tuple(path for path in named(spec.document, spec.folder).values() if is_plain(path))


def _list(style: str) -> str:
    from ...reports.formats import render
    from ...spec import load

    return render("bundled_specs", style, {name: load(name) for name in bundled.names()}, width=width())


def _path(name: str) -> Path:
    path = bundled.path(name)
    if path is None:
        from ...spec.given import locate

        locate(name)  # says which name is near
        raise click.UsageError(f"{name!r} is a file, not a bundled network.")
    return path
