"""`validate --fix` and `--diff`: what is mended is written whole, printed, or shown as a difference."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from ..diagnostics.wording import quantity
from ..graph.shape import Shape
from ..reports.drawing.terminal_text import escaped
from ..spec import Checked
from ..spec.mending import Mended, mend
from .diagnostics_output import exit_code, show


def write(checked: Checked, input: Shape | None) -> Checked:
    """Make the sure fixes in the spec's file; what is then found in it."""
    from ..files.overwrite_guard import rewrite
    from ..files.places import is_file, is_stream
    from ..files.reading import opened
    from ..files.writing import whole

    mended = mend(checked, input, files=True)
    if not mended.fixes:
        return checked
    path = Path(checked.source.file)
    if is_stream(path):
        raise click.UsageError("--fix changes files; of standard input, `-`, it prints the mended text.")
    if not is_file(path):
        name = escaped(path.stem)
        raise click.UsageError(
            f"--fix would change the bundled `{name}`; `cnnspec specs {name} -o .` makes a copy of your own."
        )
    with opened(path) as file:
        mark = codecs.BOM_UTF8 if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else b""
    rewrite(path)
    with whole(path) as stream:
        stream.write(mark + mended.text.encode())
    click.echo(f"{escaped(str(path))}: {_said(mended)}", err=True)
    return mended.checked


def show_diff(results: Sequence[Checked], input: Shape | None) -> int:
    """Print what the sure fixes would change."""
    diffs = [mend(result, input, files=True).diff() for result in results]
    click.echo("".join(map(escaped_lines, diffs)), nl=False)
    return 1 if any(diffs) else 0


def filter_stdin(results: Sequence[Checked], input: Shape | None) -> int:
    """Standard input with the sure fixes made, on standard output."""
    if len(results) > 1:
        raise click.UsageError("--fix takes standard input, `-`, by itself.")
    mended = mend(results[0], input, files=True)
    click.echo(mended.text, nl=False)
    show(mended.checked.diagnostics, [mended.checked.source])
    return exit_code(mended.checked.diagnostics)


def escaped_lines(text: str) -> str:
    """Lines of a file that are told to a person: nothing in them moves the cursor."""
    return "".join(f"{escaped(line)}\n" for line in text.splitlines())


def _said(mended: Mended) -> str:
    """What was done, the same to many places once."""
    done = Counter(part for fix in mended.fixes for part in fix.title.split("; "))
    titles = [title if count == 1 else f"{title} ({count} times)" for title, count in done.items()]
    return f"{quantity(len(mended.fixes), 'mistake')} mended: {', '.join(titles)}"
