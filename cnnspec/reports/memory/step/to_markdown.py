"""What a step of training takes in memory, as Markdown."""

from __future__ import annotations

from ....train.step_memory import StepMemory
from ...drawing.markdown_table import plain, table
from .cells import CONVENTIONS, TITLES, batch, rows


def render(name: str, memory: StepMemory) -> str:
    cells = [(what, f"{nbytes:,}", plain(of)) for what, nbytes, of in rows(memory)]
    title = f"## {plain(name)}: a step of training, {batch(memory)}"
    lines = [title, "", *table(TITLES, ("bytes",), cells), "", *(f"- {line}" for line in CONVENTIONS)]
    return "".join(f"{line}\n" for line in lines)
