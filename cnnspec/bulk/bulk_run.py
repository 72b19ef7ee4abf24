"""A run over many inputs: planned, checked against what is there, carried out by a crew, written shard by shard."""

from __future__ import annotations

from collections.abc import Iterator

from .crews import Crew
from .job import Job
from .results import Extent, Results
from .task import Task


class BulkRun:
    """The tasks that are left of a list of them. Iterating carries them out, and says after each how far it is."""

    def __init__(self, job: Job, tasks: list[Task], results: Results, crew: Crew) -> None:
        self.job, self.results, self.crew, self.total = job, results, crew, len(tasks)
        self.left = [task for task in tasks if task.number not in results.done]

    def __iter__(self) -> Iterator[Extent]:
        for shard in self.crew.shards(self.job, self.left):
            self.results.write(shard)
            yield self.results.extent
