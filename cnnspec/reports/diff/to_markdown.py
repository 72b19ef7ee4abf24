"""The difference of two specs as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ..drawing.markdown_table import code, plain, table
from .cells import CHANGES, TOTALS, WORDS, alike, changes, title, totals
from .diff import Difference


def render(difference: Difference) -> str:
    """The same two tables as Markdown."""
    return "".join(f"{line}\n" for line in _lines(difference))


def _lines(difference: Difference) -> Iterator[str]:
    yield f"## {plain(title(difference))}"
    yield ""
    if difference.changes:
        yield from layers(difference)
        yield ""
    yield alike(difference)
    yield ""
    yield from table(TOTALS, TOTALS[1:], (list(map(plain, cells)) for cells in totals(difference)))


def layers(difference: Difference) -> Iterator[str]:
    """The table of the layers that differ."""
    rows = ([WORDS[first], _names(name), *map(plain, rest)] for first, name, *rest in changes(difference))
    yield from table(CHANGES, CHANGES[3:], rows)


def _names(names: str) -> str:
    """A layer's name as code; both where it is called something else now."""
    return " -> ".join(map(code, names.split(" -> ")))
