"""Short words beside the work, on standard error."""

from __future__ import annotations

import click


def note(text: str) -> None:
    click.echo(f"note: {text}", err=True)
