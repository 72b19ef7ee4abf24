"""Short words beside the work, on standard error."""

from __future__ import annotations

import sys

import click

from .terminal import width


def note(text: str) -> None:
    from ..reports.drawing.text_table import wrapped

    click.echo("\n".join(wrapped(f"note: {text}", width(sys.stderr), 2)), err=True)
