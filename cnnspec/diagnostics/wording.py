"""How counts are put into words."""

from __future__ import annotations


def quantity(count: int, thing: str) -> str:
    """So many of a thing whose plural ends in s: 1 example, 1,024 examples."""
    return f"{count:,} {thing}{'s' * (count != 1)}"
