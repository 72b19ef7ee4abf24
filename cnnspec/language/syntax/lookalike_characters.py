"""Characters that only look like those of YAML and of arithmetic, and what they look like.

Full-width ones come from input methods for Chinese and Japanese, other dashes, quotes and spaces from word processors
and web pages, letters of other alphabets from a keyboard that was not switched.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_FORMS = ("<wide>", "<narrow>", "<small>", "<vertical>", "<noBreak>", "<font>")
"""Decompositions that change nothing but the look; those of `²` and `½`, say, change what is meant."""
_MEANT = {
    "-": "‐‑‒–—―−﹘─➖⁃",
    ":": "∶꞉ː",
    ",": "、，､",
    ".": "。｡",
    '"': "“”„‟″〝〞「」『』«»",
    "'": "‘’‚‛′‹›",
    "[": "【〔〖",
    "]": "】〕〗",
    "*": "×∗⋅·✕",
    "/": "÷∕⁄",
    "~": "∼〜",
    "<=": "≤≦",
    ">=": "≥≧",
}
_ALPHABETS = (
    ("АВЕЅІЈКМНОРСТХаеіјорѕсух", "ABESIJKMHOPCTXaeijopscyx"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"),
)
_TABLE = {theirs: ours for ours, all in _MEANT.items() for theirs in all}
for _theirs, _ours in _ALPHABETS:
    _TABLE.update(zip(_theirs, _ours, strict=True))

MARKS = "•·●○◦▪▫■□‣∙・◆◇►▶→*+" + _MEANT["-"] + "－﹣＊＋"
"""What stands before the items of a list elsewhere."""


@lru_cache(maxsize=4096)
def plain(character: str) -> str | None:
    """What a character looks like in ASCII, "" for one without a look; None when it looks like nothing there."""
    if character.isascii():
        return character
    if character in _TABLE:
        return _TABLE[character]
    category = unicodedata.category(character)
    if category in ("Zs", "Cf"):
        return " " if category == "Zs" else ""
    form, _, _ = unicodedata.decomposition(character).partition(" ")
    alike = unicodedata.normalize("NFKC", character) if form in _FORMS else ""
    return alike if len(alike) == 1 and alike.isascii() else plain(alike) if len(alike) == 1 else None


def straight(text: str) -> str | None:
    """A text in the characters that it looks like; None when some of it looks like nothing in ASCII."""
    found = [plain(character) for character in text]
    return None if None in found else "".join(filter(None, found))


def told(character: str) -> str:
    """A character as a reader can find it: as it is, or by its name where it shows nothing."""
    return f"`{character}`" if plain(character) not in ("", " ") else f"U+{ord(character):04X}"


def name(character: str) -> str:
    return unicodedata.name(character, "without a name").lower()
