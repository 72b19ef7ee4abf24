"""What a step of training takes in memory, for people."""

from __future__ import annotations

from ....train.step_memory import StepMemory
from ...drawing.ansi import BOLD, DIM, painter
from ...drawing.terminal_text import escaped
from ...drawing.text_table import fitted, wrapped
from ...summary.facts import counted
from .cells import CONVENTIONS, batch, rows


def render(name: str, memory: StepMemory, width: int | None = None, colour: bool = False) -> str:
    """A line for each part, the total below."""
    paint = painter(colour)
    title = f"{escaped(name)}: a step of training, {batch(memory)}"
    shown = [paint(BOLD, fitted(title, width)), ""]
    for what, nbytes, of in rows(memory):
        value = ", ".join(filter(None, (counted(nbytes, "B"), of)))
        shown += wrapped(f"{what:<14}  {value}", width, 16)
    shown += ["", *(paint(DIM, line) for convention in CONVENTIONS for line in wrapped(convention, width, 2))]
    return "".join(f"{line}\n" for line in shown)
