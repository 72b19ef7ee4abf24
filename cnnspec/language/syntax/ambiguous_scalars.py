"""Plain scalars that versions of YAML read differently: `no`, `010`, `1:30`. They are refused, never converted."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def trap(text: str) -> str | None:
    """Why a plain scalar is no number and no true or false here, though a reader may think so; else None.

    These are the forms that YAML 1.1 and 1.2 read differently, and those that only they call numbers.
    """
    if _PLAIN_NUMBER.fullmatch(text):  # most texts: spare them the compiling of all those forms
        return None
    return next((why.format(text) for form, why in _TRAPS if re.fullmatch(form, text)), None)


def unambiguous(text: str) -> str | None:
    """What `text` was plainly meant to be, as it is written here; None where versions of YAML read it as two things."""
    if found := re.fullmatch(r"(?i:(true|yes|on|y)|(false|no|off|n))", text):
        return "true" if found[1] else "false"
    if found := re.fullmatch(
        r"0[xX]([0-9a-fA-F]{1,16})", text.replace("_", "")
    ):  # a longer one is no number for a field
        return str(int(found[1], 16))
    if re.fullmatch(r"[1-9][0-9]*_[0-9_]*(\.[0-9_]*[0-9])?", text):
        return text.replace("_", "")
    if found := re.fullmatch(r"([-+]?)([0-9]*)\.([0-9]*)((?:[eE][-+]?[0-9]+)?)", text):
        sign, whole, part, power = found.groups()
        return f"{sign}{whole or 0}.{part or 0}{power}" if whole or part else None
    return None


_PLAIN_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+|/[1-9][0-9]*)?")
_TRAPS = (
    ("True|TRUE", "`{}` is spelled true"),
    ("False|FALSE", "`{}` is spelled false"),
    (r"(?i:yes|on|y)", "YAML 1.1 reads `{}` as true, YAML 1.2 as a word: write true"),
    (r"(?i:no|off|n)", "YAML 1.1 reads `{}` as false, YAML 1.2 as a word: write false"),
    (r"[-+]?\.(?i:inf|nan)", "`{}` is no finite number"),
    (
        r"[-+]?0[0-9]+",
        "YAML 1.1 reads the leading zero of `{}` as octal, YAML 1.2 as nothing: leave it out",
    ),
    (r"[-+]?0[0-9_]+\.[0-9_]*", "`{}` begins with a zero that says nothing: leave it out"),
    (r"[-+]?0[xX][0-9a-fA-F_]+", "`{}` is hexadecimal: write the number in decimal digits"),
    (
        r"[-+]?0o[0-7_]+",
        "`{}` is octal in YAML 1.2, a word in YAML 1.1: write the number in decimal digits",
    ),
    (
        r"[-+]?0b[01_]+",
        "`{}` is binary in YAML 1.1, a word in YAML 1.2: write the number in decimal digits",
    ),
    (
        r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?",
        "`{}` is a number in YAML 1.1, a word in YAML 1.2: leave the `_` out",
    ),
    (r"[-+]?[0-9]+(:[0-9]+)+(\.[0-9]*)?", "YAML 1.1 reads `{}` in base 60, YAML 1.2 as a word"),
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*", "YAML 1.1 reads `{}` as a date, YAML 1.2 as a word"),
    (r"[-+]?\.[0-9]+([eE][-+]?[0-9]+)?", "`{}` has no digit before its point: write 0 there"),
    (r"[-+]?[0-9]+\.([eE][-+]?[0-9]+)?", "`{}` has no digit behind its point: write 0 there"),
)
