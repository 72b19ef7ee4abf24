"""Help as wide as the terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from .terminal import help_width

NARROW = 60
"""Below so many columns what is said of an option stands under its name."""


class HelpFormatter(click.HelpFormatter):
    """Two columns, the first of which leaves the second its room."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, col_max if self.width >= NARROW else self.width // 4, col_spacing)


class HelpContext(click.Context):
    """A context whose help is written so."""

    def make_formatter(self) -> click.HelpFormatter:
        return HelpFormatter(width=help_width())
