"""`validate --fix` and `--diff`: what is mended is written whole, printed, or shown as a difference."""

from __future__ import annotations

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
from .rewriting import escaped_lines, rewrite


def write(checked: Checked, input: Shape | None) -> Checked:
    """Make the sure fixes in the spec's file; what is then found in it."""
    mended = mend(checked, input, files=True)
    if not mended.fixes:
        return checked
    path = Path(checked.source.file)
    rewrite(path, mended.text, "--fix")
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


def _said(mended: Mended) -> str:
    """What was done, the same to many places once."""
    done = Counter(part for fix in mended.fixes for part in fix.title.split("; "))
    titles = [title if count == 1 else f"{title} ({count} times)" for title, count in done.items()]
    return f"{quantity(len(mended.fixes), 'mistake')} mended: {', '.join(titles)}"
