"""What the output goes to: a terminal of some width, with or without colours, or a pipe or file."""

from __future__ import annotations

import os
import sys
from typing import TextIO

NARROW, WIDE = 30, 80
"""Bounds of the width of help."""


def width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal that a stream goes to, by default standard output, or `COLUMNS`; None for a pipe or file,
    which takes lines of any length."""
    if not (stream or sys.stdout).isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def help_width() -> int:
    """Columns of help and messages about usage: those of the terminal, or `COLUMNS`, but no more than read well."""
    from shutil import get_terminal_size

    return min(max(get_terminal_size().columns, NARROW), WIDE) - 2


def colour(stream: TextIO | None = None) -> bool:
    """Whether colours are wanted on a stream, by default standard output: never with `NO_COLOR`, always with
    `FORCE_COLOR`, else in a terminal that is no dumb one."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"
