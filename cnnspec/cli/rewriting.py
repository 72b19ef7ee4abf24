"""A spec's file with another text, and what would change in it."""

from __future__ import annotations

import codecs
from pathlib import Path

import click

from ..reports.drawing.terminal_text import escaped


def rewrite(path: Path, text: str, option: str) -> None:
    """Write a text whole in place of the spec at `path`, which has been read. `option` is whose work that is.

    Raises UsageError for a bundled network and for a stream.
    """
    from ..files import overwrite_guard
    from ..files.places import is_file, is_stream
    from ..files.reading import opened
    from ..files.writing import whole

    if is_stream(path):
        raise click.UsageError(f"{option} changes files; of standard input, `-`, it prints the new text.")
    if not is_file(path):
        name = escaped(path.stem)
        raise click.UsageError(
            f"{option} would change the bundled `{name}`; `cnnspec specs {name} -o .` makes a copy of your own."
        )
    with opened(path) as file:
        mark = codecs.BOM_UTF8 if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else b""
    overwrite_guard.rewrite(path)
    with whole(path) as stream:
        stream.write(mark + text.encode())


def escaped_lines(text: str) -> str:
    """Lines of a file that are told to a person: nothing in them moves the cursor."""
    return "".join(f"{escaped(line)}\n" for line in text.splitlines())
