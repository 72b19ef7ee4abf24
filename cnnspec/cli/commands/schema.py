"""`cnnspec schema`: the language for editors."""

from __future__ import annotations

import json
from typing import Any

import click

from ...diagnostics import SpecError
from ...files.writing import whole
from ...language.document import document
from ...language.json_schema import language, of_spec
from ...language.syntax.source import read as read_text
from ...spec.given import fetch
from ...spec.naming import spec_name
from ..docstrings import ensure_docstrings
from ..options import OUTPUT, PATH


@click.command("schema")
@click.argument("spec", metavar="[SPEC]", type=PATH, required=False)
@click.option("-o", "--output", type=OUTPUT, help="The file to write, instead of standard output.")
def command(spec: str | None, output: str | None) -> None:
    """Print a JSON Schema of the language, or of what SPEC may hold, with its own blocks and their arguments.

    Editors with a YAML language server use it for a spec that begins with the line

        # yaml-language-server: $schema=FILE
    """
    ensure_docstrings()
    text = json.dumps(_of(spec) if spec else language(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    with whole(output) as stream:
        stream.write(text.encode())


def _of(spec: str) -> dict[str, Any]:
    """Mistakes do not matter as long as the blocks can be read: editors are for specs that are being written."""
    file, data, _ = fetch(spec)
    read, found = document.load(read_text(file, data))
    if read is None:
        raise SpecError(diagnostic.within(file) for diagnostic in found)
    return of_spec(spec_name(file), read.blocks)
