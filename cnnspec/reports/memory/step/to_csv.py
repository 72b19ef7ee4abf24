"""What a step of training takes in memory, as comma-separated values."""

from __future__ import annotations

from ....train.step_memory import StepMemory
from ...drawing.csv_table import csv_table
from .cells import TITLES, rows


def render(name: str, memory: StepMemory) -> str:
    """The network's `name` has no place in rows."""
    return csv_table(TITLES, list(rows(memory)))
