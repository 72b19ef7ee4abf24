"""A summary as a table for people: fitted to a terminal, whole in a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from ...diagnostics.wording import quantity
from ...graph.shape import times
from ..drawing.ansi import BOLD, DIM, Paint, painter
from ..drawing.bar import bar
from ..drawing.terminal_text import escaped
from ..drawing.text_table import Column, Narrowing, TableRow, fitted, table, wrapped
from .facts import CONVENTIONS, facts, field, title
from .hyperparameters import kind
from .summary import Summary

BAR = 8
SHARES = "share: of params and of MACs, drawn beside the largest."
COLUMNS = (
    Column("layer", "layer", keeps_end=True),
    Column("kind", "kind"),
    Column("output", "output", right=True),
    Column("params", "params", right=True),
    Column("share of params", "share", gap=1),
    Column("buffers", "buffers", right=True),
    Column("MACs", "MACs", right=True),
    Column("share of MACs", "share", gap=1),
    Column("RF", "RF", right=True),
)
NARROWING = (
    Narrowing("share of params"),
    Narrowing("share of MACs"),
    Narrowing("kind", least=24),
    Narrowing("buffers"),
    Narrowing("kind", least=14),
    Narrowing("layer", least=16),
    Narrowing("RF"),
    Narrowing("kind", least=7),
    Narrowing("layer", least=8),
    Narrowing("kind"),
)


def render(summary: Summary, width: int | None = None, colour: bool = False) -> str:
    """The table, the totals in words, the conventions; as wide as it takes when there is no `width`."""
    paint = painter(colour)
    return "".join(f"{line}\n" for line in _lines(summary, width, paint))


def _lines(summary: Summary, width: int | None, paint: Paint) -> Iterator[str]:
    yield paint(BOLD, fitted(title(summary), width))
    if not summary.rows and summary.totals is None:
        return
    yield ""
    shown = table(COLUMNS, [list(section) for section in (_body(summary), _total(summary))], width, NARROWING)
    yield from shown.lines(paint)
    yield ""
    if summary.totals is None:
        return
    for label, value in facts(summary, summary.totals):
        yield from wrapped(f"{label:<15}  {value}", width, indent=17)
    yield ""
    for convention in (*CONVENTIONS, *([SHARES] if shown.shows("share of MACs") else [])):
        yield from (paint(DIM, line) for line in wrapped(convention, width, indent=2))


def _body(summary: Summary) -> Iterator[TableRow]:
    most_params = max([row.params for row in summary.counted], default=0)
    most_macs = max([row.macs for row in summary.counted], default=0)
    scopes: list[str] = []
    for row in summary.rows:
        del scopes[row.level :]
        name = "  " * row.level + escaped(_within(row.name, scopes))
        if row.is_open:
            yield TableRow((name, escaped(row.kind), times(row.output), *[""] * 6))
            scopes.append(row.name)
        else:
            yield TableRow(
                (
                    name,
                    escaped(kind(row)),
                    times(row.output),
                    f"{row.params:,}",
                    _share(row.params, most_params),
                    f"{row.buffers:,}",
                    f"{row.macs:,}",
                    _share(row.macs, most_macs),
                    field(row.receptive_field),
                ),
                DIM if row.is_plain else "",
            )


def _within(name: str, scopes: list[str]) -> str:
    """A name without the name of the nearest block call that it begins with."""
    for scope in reversed(scopes):
        if name.startswith(f"{scope}."):
            return name[len(scope) :]
    return name


def _share(count: int, most: int) -> str:
    """A bar as long as the count's part of the largest; a little of it for any count but 0."""
    return bar(max(count / most, 1 / (8 * BAR)), BAR) if count else ""


def _total(summary: Summary) -> Iterator[TableRow]:
    """The sums; up to a mistake they are those of the rows."""
    rows = summary.counted
    params, buffers, macs = (sum(getattr(row, name) for row in rows) for name in ("params", "buffers", "macs"))
    title = "total" if summary.totals else "so far"
    layers = quantity(len(summary.steps), "layer")
    yield TableRow((title, layers, "", f"{params:,}", "", f"{buffers:,}", f"{macs:,}", "", ""), BOLD)
