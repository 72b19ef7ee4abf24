"""A memory plan as comma-separated values."""

from __future__ import annotations

from ....graph.shape import times
from ...drawing.csv_table import csv_table
from ...drawing.terminal_text import escaped
from .cells import TITLES, inside
from .plan import Allocation


def render(name: str, plan: Allocation) -> str:
    """Numbers are plain; the network's `name` has no place in rows."""
    return csv_table(
        TITLES,
        [
            (
                escaped(tensor.name),
                " ".join(tensor.does),
                tensor.kernel,
                times(tensor.shape),
                " ".join(map(str, tensor.border)),
                inside(tensor),
                tensor.offset,
                tensor.nbytes,
                escaped(tensor.until),
            )
            for tensor in plan.tensors
        ],
    )
