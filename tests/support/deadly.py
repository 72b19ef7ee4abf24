"""Work that ends the process that does it, as the want of memory does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnnspec.bulk.predicting import Predictions, Predictor
from cnnspec.bulk.table import Row
from cnnspec.engine.model import Model
from cnnspec.graph.graph import Graph
from cnnspec.inputs.batches import InputBatch
from cnnspec.spec.running import Runner


@dataclass(frozen=True)
class Deadly(Predictions):
    """Kills its process at the input called `victim`, or has no memory, so many `times`, which are counted in a
    folder."""

    victim: str = ""
    folder: str = ""
    times: int = 0
    has_no_memory: bool = False

    def teller(self, graph: Graph, model: Model) -> Predictor:
        return _Dying(self, Runner(graph, model, self.until, self.classes, self.top))


class _Dying(Predictor):
    def __init__(self, deadly: Deadly, runner: Runner) -> None:
        super().__init__(runner)
        self.deadly = deadly

    def rows(self, batch: InputBatch) -> Iterator[Row]:
        folder = Path(self.deadly.folder)
        deaths = len(list(folder.iterdir()))
        if any(case.name == self.deadly.victim for case in batch.cases) and deaths < self.deadly.times:
            (folder / str(deaths)).touch()
            if self.deadly.has_no_memory:
                raise MemoryError
            os.kill(os.getpid(), signal.SIGKILL)
        return super().rows(batch)
