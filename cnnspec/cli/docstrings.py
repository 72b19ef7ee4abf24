"""What some commands say is written in docstrings, which `python -OO` leaves out."""

from __future__ import annotations

import sys

import click


def ensure_docstrings() -> None:
    """Raises UsageError where there are none."""
    if sys.flags.optimize > 1:
        raise click.UsageError("the manual is made of docstrings, and Python runs without (-OO); -O keeps them.")
