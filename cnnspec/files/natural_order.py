"""The order in which people count: `2.png` before `10.png`."""

from __future__ import annotations

import re


def natural(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """To sort by: numbers in a name count as numbers, however long; the name itself decides between `1.png` and
    `01.png`."""
    pieces = re.split(r"(\d+)", name.casefold())
    return [_number(piece) if i % 2 else piece for i, piece in enumerate(pieces)], name


def _number(digits: str) -> tuple[int, str]:
    """As the number would be sorted: a longer one is larger."""
    digits = digits.lstrip("0")
    return len(digits), digits
