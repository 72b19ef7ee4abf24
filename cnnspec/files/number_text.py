"""Numbers as all programs write them into tables, no letters of other scripts, no words; and what is between them."""

from __future__ import annotations

import re

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""There is one way to match any text, so that no long one takes longer than it is."""
SEPARATORS = ",;\t"


def separator(line: str) -> str:
    """What stands between the fields of a line: the commonest of those that may."""
    return max(SEPARATORS, key=line.count)
