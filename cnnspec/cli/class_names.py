"""The class that `--class` names."""

from __future__ import annotations

import click

from ..diagnostics.suggest import closest
from ..reports.drawing.terminal_text import escaped


def class_index(text: str, names: tuple[str, ...] | None, count: int) -> int:
    """The class of a name or, where none has it, of a number. Raises UsageError."""
    found = [i for i, name in enumerate(names or ()) if name == text]
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise click.UsageError(f"--class '{escaped(text)}': several classes have this name; take a number: {numbers}.")
    if found:
        return found[0]
    if text.isdecimal() and len(text) <= 12 and int(text) < count:
        return int(text)
    near = closest(text, names or ())
    hint = f" Did you mean '{escaped(near)}'?" if near else f" There are {count:,}, from 0 to {count - 1:,}."
    raise click.UsageError(f"--class '{escaped(text)}' is no class of this network.{hint}")
