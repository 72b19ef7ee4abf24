"""How numbers and lists are put into words."""

from __future__ import annotations

import re
from collections.abc import Sequence

QUOTED = 200
"""So many characters of what a person wrote are repeated in a message."""
SAID = 2000
"""So many characters a message has."""


def quantity(count: int, thing: str) -> str:
    """So many of a thing whose plural ends in s: 1 example, 1,024 examples."""
    return f"{count:,} {plural(count, thing)}"


def plural(count: int, thing: str) -> str:
    """The thing, or the things, without their number."""
    return f"{thing}{'s' * (count != 1)}"


def listed(names: Sequence[str], most: int) -> str:
    """The first names, `most` of them, and how many more there are: a, b, c and 1,021 more."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(clipped, names[:most])) + more


def spelled(number: float) -> str:
    """A number as short as people write it: 1e-5, not 1e-05."""
    return f"{number:g}".replace("e-0", "e-").replace("e+0", "e")


def clipped(text: str, most: int = QUOTED) -> str:
    """The beginning of a text that is longer than `most` characters, and three dots."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def bounded_words(text: str) -> str:
    """A message of others, with what stands in quotes clipped, and each of its words."""
    text = re.sub(rf"(?<=')[^'\n]{{{QUOTED + 1},}}(?=')", lambda found: clipped(found[0]), text)
    return re.sub(rf"\S{{{QUOTED + 10},}}", lambda found: clipped(found[0]), text)


def bounded(text: str) -> str:
    """A message with what stands between backticks clipped, and the whole of it."""
    return clipped(re.sub(r"(?<=`)[^`]+(?=`)", lambda found: clipped(found[0]), text), SAID)
