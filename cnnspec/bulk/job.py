"""What every worker is sent once, and what it then does with each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..engine.model import Model
from ..graph.array import Array
from ..graph.graph import Graph
from ..inputs.batches import Case, InputBatch, batches
from ..inputs.prefetch import ahead
from .samples import cases
from .samples.decoding import Decoding
from .table import Row, ShardTable
from .task import Shard, Task


class Teller(Protocol):
    """Runs batches and tells of them in rows: what a worker makes of a `Telling`."""

    def columns(self) -> dict[str, object]:
        """The columns between `input` and `error`, each with its type of Arrow."""

    def rows(self, batch: InputBatch) -> Iterator[Row]:
        """A row for each case of the batch that can be used, in their order."""


class Telling(Protocol):
    """What is asked of the network, in a form that can be sent."""

    def teller(self, graph: Graph, model: Model) -> Teller: ...


@dataclass(frozen=True, eq=False)
class Job:
    """A network with its weights, how inputs are read, `size` at a time, and what is told of them."""

    graph: Graph
    tensors: Mapping[str, Array]
    decoding: Decoding
    telling: Telling
    size: int
    threads: int | None = None
    exact: bool = False
    backend: str = "numpy"


class Worker:
    """Carries out the tasks of a job, one after the other or several in threads."""

    def __init__(self, job: Job) -> None:
        self.job = job
        model = Model(job.graph, job.tensors, job.threads, job.exact, job.backend)
        self.teller = job.telling.teller(job.graph, model)

    def run(self, task: Task) -> Shard:
        """The shard of a task. Images are decoded beside the network's work. Raises StoreError."""
        table = ShardTable(self.teller.columns())
        for batch in ahead(batches(self._cases(task), self.job.size)):
            told = self.teller.rows(batch)
            for case in batch.cases:
                table.add(failed(case) if case.failure else next(told))
        return table.shard(task.number)

    def _cases(self, task: Task) -> Iterator[Case]:
        for file in task.files:
            yield from cases(file, self.job.decoding, task.span)


def failed(case: Case) -> Row:
    """The row of an input that cannot be used."""
    assert case.failure is not None
    found = case.failure.diagnostics[0]
    said = {"code": found.code, "message": found.message, "why": found.why, "help": found.help}
    return {"input": case.name, "error": said}
