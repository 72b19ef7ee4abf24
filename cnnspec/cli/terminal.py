"""What the output goes to: a terminal of some width, with or without colours, or a pipe or file."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def width() -> int | None:
    """Columns of the terminal, or `COLUMNS`; None for a pipe or file, which takes lines of any length."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def colour(stream: TextIO | None = None) -> bool:
    """Whether colours are wanted on a stream, by default standard output: in a terminal, unless `NO_COLOR` is set or
    the terminal is a dumb one."""
    return (stream or sys.stdout).isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
