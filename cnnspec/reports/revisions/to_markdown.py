"""Changed specs as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ..diff.to_markdown import layers
from ..drawing.markdown_table import code, plain, table
from .cells import conclusion, name, rows, title, titles
from .revisions import Revisions, SpecChange


def render(revisions: Revisions) -> str:
    """A table of all, then for each what is wrong with it and its layers, folded."""
    return "".join(f"{line}\n" for line in _lines(revisions))


def _lines(revisions: Revisions) -> Iterator[str]:
    yield f"## Networks: {plain(title(revisions))}"
    yield ""
    if revisions.changes:
        heads = titles(revisions)
        cells = ([code(first), *map(plain, rest)] for first, *rest in rows(revisions))
        yield from table(heads, heads[3:], cells)
        yield ""
    yield conclusion(revisions)
    for change in revisions.changes:
        yield from _details(change)


def _details(change: SpecChange) -> Iterator[str]:
    difference = change.difference
    folded = difference is not None and bool(difference.changes)
    if not change.findings and not folded:
        return
    yield ""
    yield f"### {code(name(change))}"
    if change.findings:
        yield ""
    for found in change.findings:
        why = f" ({plain(found.why)})" if found.why else ""
        line = f"line {found.span.line}: " if found.span else ""
        yield f"- **{found.severity} {found.code}** {line}{plain(found.message)}{why}"
    if difference is not None and folded:
        yield ""
        yield f"<details><summary>layers that differ: {len(difference.changes):,}</summary>"
        yield ""
        yield from layers(difference)
        yield ""
        yield "</details>"
