"""Tables of GitHub's Markdown, and text that Markdown leaves as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .terminal_text import escaped

SPECIAL = re.compile(r"[\\`*_\[\]<#!|~&@:]")


def plain(text: str) -> str:
    """A text that shows as it is written: no markup, links or HTML come of it."""
    return SPECIAL.sub(r"\\\g<0>", escaped(text))


def code(text: str) -> str:
    """A name as code, or as plain text when code cannot hold it."""
    return plain(text) if {"`", "|"} & set(text) else f"`{escaped(text)}`"


def table(titles: Sequence[str], right: Iterable[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; columns whose title is in `right` are aligned to the right."""
    aligned = set(right)
    yield _row(titles)
    yield _row(["---:" if title in aligned else "---" for title in titles])
    for cells in rows:
        yield _row(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
