"""What a step of training takes in memory, in rows and words."""

from __future__ import annotations

from collections.abc import Iterator

from ....diagnostics.wording import quantity
from ....train.step_memory import StepMemory
from ...drawing.terminal_text import escaped

TITLES = ("what", "bytes", "of")
CONVENTIONS = (
    "bytes: float32, as NumPy takes them; the interpreter and its libraries are apart, and so is the reading of data.",
    "between layers: what they hand on, keep until they go back, and hand back, where most of it exists at once.",
)


def batch(memory: StepMemory) -> str:
    examples = quantity(memory.batch, "example")
    return examples if memory.workers == 1 else f"{examples} on {memory.workers} threads"


def rows(memory: StepMemory) -> Iterator[tuple[str, int, str]]:
    yield "weights", memory.weights, "with buffers"
    yield "gradients", memory.gradients, "" if memory.workers == 1 else "of each thread its own"
    yield "optimizer", memory.state, memory.rule
    yield "examples", memory.examples, ""
    yield "scratch", memory.scratch, ""
    yield "between layers", memory.between, f"when {escaped(memory.at)} goes {'back' if memory.backward else 'forward'}"
    yield "total", memory.total, ""
