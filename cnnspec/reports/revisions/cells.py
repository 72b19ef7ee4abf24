"""What the table of changed specs holds: a row for each, the counts as they are now and what they were."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph.graph import Totals
from ...graph.shape import times
from ..diff.cells import arrow, delta
from ..summary.summary import Summary
from .revisions import Revisions, SpecChange

TITLES = ("spec", "", "output", "params", "MACs", "weight bytes", "peak activation bytes")
TIME = "ms"
COUNTS = ("params", "macs", "weight_bytes", "peak_activation_bytes")


def titles(revisions: Revisions) -> tuple[str, ...]:
    return (*TITLES, TIME) if any(change.times for change in revisions.changes) else TITLES


def rows(revisions: Revisions) -> Iterator[tuple[str, ...]]:
    """A row for each spec, by `titles`."""
    with_time = TIME in titles(revisions)
    for change in revisions.changes:
        before, after = change.ends
        shapes = [_output(end) for end in (before, after) if end]
        counts = (_count(name, before, after) for name in COUNTS)
        time = (_time(change),) if with_time else ()
        yield (name(change), _what(change), arrow(*shapes), *counts, *time)


def name(change: SpecChange) -> str:
    """Both names of a spec that has another now."""
    return arrow(*(end.source.file for end in (change.before, change.after) if end))


def title(revisions: Revisions) -> str:
    return f"{revisions.base} -> {revisions.head}"


def conclusion(revisions: Revisions) -> str:
    """How many specs differ, and what is wrong."""
    if not revisions.changes:
        return "no spec changed"
    mistakes = f", mistakes: {revisions.mistakes:,}" if revisions.mistakes else ""
    return f"specs that changed: {len(revisions.changes):,}{mistakes}"


def _what(change: SpecChange) -> str:
    if change.after is not None and change.after.spec is None:
        return f"{change.word}, broken"
    difference = change.difference
    return f"{change.word}, same network" if difference is not None and difference.is_empty else change.word


def _output(summary: Summary) -> str:
    return ", ".join(times(shape) for shape in (summary.outputs or {}).values())


def _count(name: str, before: Summary | None, after: Summary | None) -> str:
    """A count as it is now, with the change behind it: `61,706 (+52, +0.1 %)`."""
    old, new = (_of(name, end.totals if end else None) for end in (before, after))
    if new is None:
        return "" if old is None else f"was {old:,}"
    if old is None or old == new:
        return f"{new:,}"
    return f"{new:,} ({delta(old, new).replace(' (', ', ').rstrip(')')})"


def _of(name: str, totals: Totals | None) -> int | None:
    return getattr(totals, name) if totals else None


def _time(change: SpecChange) -> str:
    """`4.20 -> 3.10 (x0.74)`."""
    if change.times is None:
        return ""
    before, after = change.times
    shown = arrow(*(f"{time:.2f}" for time in change.times if time is not None))
    return f"{shown} (x{after / before:.2f})" if before and after else shown
