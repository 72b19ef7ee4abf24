"""What the tables of a difference hold: signs, changed fields, shapes and counts."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph.shape import times
from ..summary.facts import field, passage
from ..summary.hyperparameters import kind, value
from ..summary.summary import Row, Summary
from .diff import Change, Difference

CHANGES = ("", "layer", "kind", "output", "params", "MACs")
TOTALS = ("", "before", "after", "change")
WORDS = {"+": "added", "-": "removed", "~": "changed"}


def sign(change: Change) -> str:
    """`+` for a layer that is new, `-` for one that is gone, `~` for one that differs."""
    return "+" if change.before is None else "-" if change.after is None else "~"


def changes(difference: Difference) -> Iterator[tuple[str, ...]]:
    """A row for each change, by the titles `CHANGES`."""
    for change in difference.changes:
        before, after = change.before, change.after
        rows = [row for row in (before, after) if row]
        yield (
            sign(change),
            arrow(*(row.name for row in rows)),
            fields(before, after, change) if before and after else kind(rows[0]),
            arrow(*(times(row.output) for row in rows)),
            delta(before.params if before else 0, after.params if after else 0),
            delta(before.macs if before else 0, after.macs if after else 0),
        )


def totals(difference: Difference) -> Iterator[tuple[str, ...]]:
    """A row for each total, by the titles `TOTALS`."""
    before, after = difference.before, difference.after
    yield "input -> output", passage(before), passage(after), ""
    yield from (_count(label, *counts) for label, counts in _counts(before, after))
    views = [field(s.last_spatial.receptive_field if s.last_spatial else None) for s in (before, after)]
    yield "receptive field", *views, ""


def _counts(before: Summary, after: Summary) -> Iterator[tuple[str, tuple[int, int]]]:
    yield "layers", (len(before.rows), len(after.rows))
    a, b = before.totals, after.totals
    assert a is not None
    assert b is not None
    yield "params", (a.params, b.params)
    yield "buffers", (a.buffers, b.buffers)
    yield "MACs", (a.macs, b.macs)
    yield "weight bytes", (a.weight_bytes, b.weight_bytes)
    yield "peak activation bytes", (a.peak_activation_bytes, b.peak_activation_bytes)


def _count(label: str, before: int, after: int) -> tuple[str, ...]:
    return label, f"{before:,}", f"{after:,}", delta(before, after)


def fields(before: Row, after: Row, change: Change) -> str:
    """The kind of a layer and what differs in its fields and inputs: `conv K 6 -> 8`."""
    said = [
        f"{name} {value(name, before.fields[name])} -> {value(name, given)}"
        for name, given in after.fields.items()
        if before.fields[name] != given
    ]
    if "inputs" in change.what:
        said.append(f"inputs {', '.join(before.inputs)} -> {', '.join(after.inputs)}")
    return f"{after.kind} {', '.join(said)}".rstrip()


def arrow(*texts: str) -> str:
    """Before and after, or one of them when they are the same or one is missing."""
    return " -> ".join(dict.fromkeys(texts))


def delta(before: int, after: int) -> str:
    """A change with its sign, and per cent of what was there: `+52 (+33.3 %)`."""
    if before == after:
        return "0"
    share = f" ({(after - before) / before:+,.1%})".replace("%", " %") if before and after else ""
    return f"{after - before:+,}{share}"


def title(difference: Difference) -> str:
    """Both networks by name and file."""
    before, after = difference.before, difference.after
    return f"{before.name} ({before.file}) -> {after.name} ({after.file})"


def alike(difference: Difference) -> str:
    """How many layers differ, and how many do not."""
    if difference.is_empty:
        return f"no difference, layers: {difference.alike:,}"
    return f"layers that differ: {len(difference.changes):,}, the same: {difference.alike:,}"
