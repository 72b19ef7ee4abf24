"""What a step of training takes in memory, as text, JSON, Markdown and comma-separated values."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...diagnostics.wording import quantity
from ...train.step_memory import StepMemory
from ..drawing import markdown_table
from ..drawing.ansi import BOLD, DIM, painter
from ..drawing.csv_table import csv_table
from ..drawing.terminal_text import escaped
from ..drawing.text_table import fitted, wrapped
from ..summary.facts import counted

TITLES = ("what", "bytes", "of")
CONVENTIONS = (
    "bytes: float32, as NumPy takes them; the interpreter and its libraries are apart, and so is the reading of data.",
    "between layers: what they hand on, keep until they go back, and hand back, where most of it exists at once.",
)


def text(name: str, memory: StepMemory, width: int | None = None, colour: bool = False) -> str:
    """A line for each part, the total below."""
    paint = painter(colour)
    title = f"{escaped(name)}: a step of training, {_batch(memory)}"
    shown = [paint(BOLD, fitted(title, width)), ""]
    for what, nbytes, of in _rows(memory):
        value = ", ".join(filter(None, (counted(nbytes, "B"), of)))
        shown += wrapped(f"{what:<14}  {value}", width, 16)
    shown += ["", *(paint(DIM, line) for convention in CONVENTIONS for line in wrapped(convention, width, 2))]
    return "".join(f"{line}\n" for line in shown)


def markdown_text(name: str, memory: StepMemory) -> str:
    rows = [(what, f"{nbytes:,}", markdown_table.plain(of)) for what, nbytes, of in _rows(memory)]
    title = f"## {markdown_table.plain(name)}: a step of training, {_batch(memory)}"
    lines = [title, "", *markdown_table.table(TITLES, ("bytes",), rows), "", *(f"- {line}" for line in CONVENTIONS)]
    return "".join(f"{line}\n" for line in lines)


def csv_text(memory: StepMemory) -> str:
    return csv_table(TITLES, list(_rows(memory)))


def json_text(name: str, memory: StepMemory) -> str:
    """One document; sizes in bytes."""
    sizes = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimizer": memory.state,
        "examples": memory.examples,
        "scratch": memory.scratch,
        "between_layers": memory.between,
        "total": memory.total,
    }
    peak = {"layer": memory.at, "way": "back" if memory.backward else "forward"}
    document = {
        "schema": 1,
        "name": name,
        "batch": memory.batch,
        "threads": memory.workers,
        "bytes": sizes,
        "peak": peak,
    }
    return f"{json.dumps(document, indent=2)}\n"


def _batch(memory: StepMemory) -> str:
    examples = quantity(memory.batch, "example")
    return examples if memory.workers == 1 else f"{examples} on {memory.workers} threads"


def _rows(memory: StepMemory) -> Iterator[tuple[str, int, str]]:
    yield "weights", memory.weights, "with buffers"
    yield "gradients", memory.gradients, "" if memory.workers == 1 else "of each thread its own"
    yield "optimizer", memory.state, memory.rule
    yield "examples", memory.examples, ""
    yield "scratch", memory.scratch, ""
    yield "between layers", memory.between, f"when {escaped(memory.at)} goes {'back' if memory.backward else 'forward'}"
    yield "total", memory.total, ""
