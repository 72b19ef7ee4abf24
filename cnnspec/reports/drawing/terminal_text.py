"""Names and lines of a reader's file, made safe for a terminal."""

from __future__ import annotations

import re
import unicodedata

HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs")
"""Categories of what shows nothing, or cannot be told from a space."""
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that are drawn as nothing."""
COMMAND = re.compile(r"^\s*::|##\[")
"""What GitHub takes for a command at the start of a line of a log, and anywhere in one."""


def escaped(text: str) -> str:
    """`text` with control characters, bidi overrides, invisible ones and lone surrogates spelled out, and with nothing
    that a service which reads the output would take for a command."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(_spelled(c) if _is_hidden(c) else c for c in text)
    return COMMAND.sub(_as_text, text) if "::" in text or "##[" in text else text


def _is_hidden(character: str) -> bool:
    return character != " " and (unicodedata.category(character) in HIDDEN or character in FILLERS)


def _as_text(found: re.Match[str]) -> str:
    """A command with its first character spelled out, behind the spaces that may stand before it."""
    command = found[0].lstrip()
    return found[0].removesuffix(command) + _spelled(command[0]) + command[1:]


def _spelled(character: str) -> str:
    if ord(character) > 0xFFFF:
        return f"\\U{ord(character):08x}"
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"


def width(text: str) -> int:
    """Columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):  # marks that stand on the letter before
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
