"""A summary as Markdown, for a README or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ...diagnostics.wording import quantity
from ...graph.shape import times
from ..drawing.markdown_table import code, plain, table
from .facts import CONVENTIONS, facts, field, passage
from .hyperparameters import kind
from .summary import Summary

TITLES = ("layer", "kind", "output", "params", "buffers", "MACs", "RF")
RIGHT = TITLES[2:]


def render(summary: Summary) -> str:
    """Rows that count only: names are in full, so that open block calls need no row of their own."""
    return "".join(f"{line}\n" for line in _lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    yield f"## {plain(summary.name)}"
    yield ""
    yield f"`{passage(summary)}`"
    yield ""
    yield from table(TITLES, RIGHT, _rows(summary))
    if summary.totals is None:
        return
    yield ""
    for label, value in facts(summary, summary.totals):
        yield f"- **{label}** {value}"
    yield ""
    yield "Counting:"
    yield ""
    for convention in CONVENTIONS:
        yield f"- {convention}"


def _rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    for row in summary.counted:
        counts = (f"{row.params:,}", f"{row.buffers:,}", f"{row.macs:,}")
        yield (
            code(row.name),
            plain(kind(row)),
            times(row.output),
            *counts,
            field(row.receptive_field),
        )
    totals = summary.totals
    if totals is not None:
        counts = (f"**{totals.params:,}**", f"**{totals.buffers:,}**", f"**{totals.macs:,}**")
        yield "**total**", quantity(len(summary.steps), "layer"), "", *counts, ""
