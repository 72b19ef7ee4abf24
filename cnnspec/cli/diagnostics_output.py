"""Findings on standard error, and the exit code that they ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics import Diagnostic, Failure
from ..diagnostics.wording import quantity
from ..files.places import is_file
from ..graph.shape import Shape, times
from ..language.syntax.source import Source
from ..spec import Checked, Spec, check
from .named_files import keep
from .notes import note
from .terminal import colour, width

if TYPE_CHECKING:
    from ..spec.project import Settings


def show(diagnostics: Iterable[Diagnostic], sources: Iterable[Source] = ()) -> None:
    """Print findings as text with the reader's own lines."""
    from ..reports.diagnostics import to_text  # only a finding needs it

    coloured = colour(sys.stderr)
    click.echo(to_text.render(diagnostics, sources, coloured, width(sys.stderr)), err=True, nl=False, color=coloured)


def loaded(spec: str, input: Shape | None = None, settings: bool = True) -> Spec:
    """The spec, or the end of the command: its mistakes are shown with the reader's own lines, and that it has warnings
    is said. Who takes other settings of training judges them after that, and asks here without `settings`."""
    checked = check(spec, input, settings=settings)
    note_size(input)
    code = exit_code(checked.diagnostics)
    if checked.spec is None or code:
        show(checked.diagnostics, [checked.source])
        raise click.exceptions.Exit(code)
    if checked.diagnostics:
        _note_warnings(spec, checked, input)
    keep(checked.spec)
    return checked.spec


def _note_warnings(spec: str, checked: Checked, input: Shape | None) -> None:
    """What `validate` would show; those that the repository's settings leave out do not count."""
    import shlex

    from ..spec.project import settings_for

    path, settings = Path(spec), None
    if is_file(path):
        with suppress(Failure):  # what is wrong with them is said by `validate`
            settings = settings_for(path.parent)
    if settings is not None:
        checked = settings.judge(checked, path, own_size=False)
    if found := checked.diagnostics:
        from ..reports.drawing.terminal_text import escaped

        codes = ", ".join(sorted({each.code for each in found}))
        size = () if input is None else ("--input", times(input))
        command = escaped(shlex.join(("cnnspec", "validate", spec, *size)))
        shown = "it" if len(found) == 1 else "them"
        note(f"the spec has {quantity(len(found), 'warning')} ({codes}); `{command}` shows {shown}")


def settings_of(folder: Path) -> Settings | None:
    """The repository's settings for the specs of a folder, or the end of the command, with their mistakes shown."""
    from ..spec.project import SettingsError, settings_for  # a bundled network has none

    try:
        return settings_for(folder)
    except SettingsError as error:
        show(error.diagnostics, [error.source])
        raise click.exceptions.Exit(exit_code(error.diagnostics)) from None


def note_size(input: Shape | None, left_out: str = "`expect` is") -> None:
    """Say that a spec is tried at another size than its own, and what is not held against it."""
    if input is not None:
        note(f"tried at {times(input)}; {left_out} left out: what holds for a spec's own input")


def exit_code(diagnostics: Iterable[Diagnostic]) -> int:
    """3 when a file could not be used, 1 for other errors, else 0."""
    errors = [diagnostic.code for diagnostic in diagnostics if diagnostic.severity == "error"]
    return max((3 if code.startswith("E4") else 1 for code in errors), default=0)
