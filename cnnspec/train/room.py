"""Whether the machine has room for a step of training: asked before the first one, which would end in the middle."""

from __future__ import annotations

from bisect import bisect_right

from ..diagnostics import Diagnostic, TrainingError
from ..diagnostics.wording import quantity
from ..graph.graph import Graph
from ..language.sections.train import Train
from ..machine.hardware import memory
from .step_memory import step_memory

GIB = 1 << 30


def ensure_room(graph: Graph, settings: Train, workers: int, learned: int) -> None:
    """Raises E504 when a step takes more than the machine's memory, or the container's; `learned` is the number of
    examples to learn from, which bounds a batch."""
    there = memory().usable

    def needed(batch: int) -> int:
        return step_memory(graph, settings.model_copy(update={"batch": batch}), workers).total

    batch = min(settings.batch, learned)
    if there is None or needed(batch) <= there:
        return
    largest = bisect_right(range(1, batch), there, key=needed)
    message = f"a step of {quantity(batch, 'example')} does not fit in memory"
    why = f"it takes {needed(batch) / GIB:,.1f} GiB, there are {there / GIB:,.1f} GiB"
    cure = f"`--set train.batch={largest}` fits" if largest else "a smaller network or input, or fewer `--threads`"
    raise TrainingError([Diagnostic("E504", message, why=why, help=cure)])
