"""`cnnspec format`: specs in one layout."""

from __future__ import annotations

from pathlib import Path

import click

from ...diagnostics import Diagnostic, Failure
from ...language.document.formatting import formatted
from ...language.syntax.source import Source, read
from ...reports.drawing.terminal_text import escaped
from ...spec.given import fetch
from ...spec.mending import diff
from ..completion import spec_names
from ..diagnostics_output import exit_code, show
from ..rewriting import escaped_lines, rewrite


@click.command("format")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=spec_names)
@click.option("--check", is_flag=True, help="Name the files whose layout would change, and change nothing.")
@click.option("--diff", "shows", is_flag=True, help="Print what would change, and change nothing.")
def command(specs: tuple[str, ...], check: bool, shows: bool) -> int:
    """Lay specs out anew: indentation, blanks, a line for each layer. Comments and all that is said stay.

    A file is written whole, and only if something changes. For standard input, `-`, the text is printed.

    Exit code: 0 when all is well, 1 for a text that is not YAML, and with --check or --diff for anything to change, 3
    for a file that cannot be used.
    """
    sources, found = _read(dict.fromkeys(specs))
    changes = 0
    for spec, source in sources.items():
        try:
            text = formatted(source)
        except Failure as failure:
            found += failure.diagnostics
            continue
        if shows:
            click.echo(escaped_lines(diff(source.text, text, source.file)), nl=False)
        if spec == "-" and not (shows or check):
            click.echo(text, nl=False)
        elif text != source.text:
            changes += _change(Path(source.file), text, check, shows)
    show(found, sources.values())
    return max(exit_code(found), 1 if changes else 0)


def _read(specs: dict[str, None]) -> tuple[dict[str, Source], list[Diagnostic]]:
    """The texts of specs, and what is wrong with those that cannot be read."""
    sources, found = dict[str, Source](), list[Diagnostic]()
    for spec in specs:
        try:
            file, data, _ = fetch(spec)
            sources[spec] = read(file, data)
        except Failure as failure:
            found += failure.diagnostics
    return sources, found


def _change(path: Path, text: str, check: bool, shows: bool) -> bool:
    """Write a text, or say that it would be; whether it is yet to be written."""
    if check:
        click.echo(f"{escaped(str(path))}: the layout would change", err=True)
    if check or shows:
        return True
    rewrite(path, text, "format")
    click.echo(f"{escaped(str(path))}: laid out", err=True)
    return False
