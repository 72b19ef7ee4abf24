"""Colours of a terminal."""

from __future__ import annotations

from collections.abc import Callable

BOLD, DIM = "\x1b[1m", "\x1b[2m"
RED, GREEN, YELLOW, BLUE, CYAN = (f"\x1b[{code}m" for code in (31, 32, 33, 34, 36))
PLAIN = "\x1b[0m"

Paint = Callable[[str, str], str]


def painter(colour: bool) -> Paint:
    """Puts a text in a colour, or leaves it as it is. No colour, "", is always left as it is."""
    return lambda code, text: f"{code}{text}{PLAIN}" if colour and code else text
