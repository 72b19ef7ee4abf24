"""A summary as comma-separated values, for a spreadsheet: rows only, so that columns can be summed."""

from __future__ import annotations

from ...graph.shape import times
from ..drawing.csv_table import csv_table
from ..drawing.terminal_text import escaped
from .hyperparameters import fields
from .summary import Summary

TITLES = ("layer", "kind", "fields", "line", "inputs", "output", "params", "buffers", "macs", "receptive_field")


def render(summary: Summary) -> str:
    """Numbers are plain, what a row does not have is empty, several inputs are parted by blanks."""
    return csv_table(
        TITLES,
        [
            (
                escaped(row.name),
                escaped(row.kind),
                fields(row),
                row.line,
                " ".join(row.inputs),
                times(row.output),
                row.params,
                row.buffers,
                row.macs,
                times(row.receptive_field) if row.receptive_field else "",
            )
            for row in summary.counted
        ],
    )
