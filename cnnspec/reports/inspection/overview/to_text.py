"""The layers' values as a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ....graph.shape import times
from ...drawing.ansi import RED, painter
from ...drawing.decimals import Decimals
from ...drawing.terminal_text import escaped
from ...drawing.text_table import Column, Narrowing, TableRow, table
from .overview import LayerValues

COLUMNS = (
    Column("layer", "layer", keeps_end=True),
    Column("kind", "kind"),
    Column("shape", "shape", right=True),
    Column("min", "min", right=True),
    Column("mean", "mean", right=True),
    Column("max", "max", right=True),
    Column("zeros", "zeros", right=True),
    Column("map", "strongest map", right=True),
)
NARROWING = (Narrowing("map"), Narrowing("kind"), Narrowing("layer", 8), Narrowing("mean"), Narrowing("shape"))


def render(layers: Sequence[LayerValues], digits: int, width: int | None = None, colour: bool = False) -> str:
    """A line for each layer, red where something is not finite, and what that is below."""
    rows = [TableRow(_cells(layer, digits), RED if layer.lost else "") for layer in layers]
    lines = list(table(COLUMNS, [rows], width, NARROWING).lines(painter(colour)))
    first = next((layer for layer in layers if layer.lost), None)
    if first is not None:
        lines += ["", f"{100 * first.lost:.3g} % of `{escaped(first.name)}` are NaN or infinite, the first to be so"]
    return "\n".join(lines) + "\n"


def _cells(layer: LayerValues, digits: int) -> tuple[str, ...]:
    numbers = map(Decimals(digits).one, (layer.least, layer.mean, layer.largest))
    strongest = str(layer.strongest_map) if len(layer.shape) > 1 and layer.shape[0] > 1 else ""
    zeros = f"{100 * layer.zeros:.0f} %" if layer.zeros else ""
    return (escaped(layer.name), layer.kind, times(layer.shape), *numbers, zeros, strongest)
