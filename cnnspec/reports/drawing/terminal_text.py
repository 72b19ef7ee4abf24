"""Names and lines of a reader's file, made safe for a terminal."""

from __future__ import annotations

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp", "Co")


def escaped(text: str) -> str:
    """`text` with control characters, bidi overrides, line separators and lone surrogates spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(c) if unicodedata.category(c) in HIDDEN else c for c in text)


def _spelled(character: str) -> str:
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
