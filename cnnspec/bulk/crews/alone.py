"""This process by itself: one task after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..job import Job, Worker
from ..task import Shard, Task


class Alone:
    def shards(self, job: Job, tasks: Iterable[Task]) -> Iterator[Shard]:
        worker = Worker(job)
        for task in tasks:
            yield worker.run(task)
