"""Who carries out the tasks: this process, processes of this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ..job import Job
from ..task import Shard, Task


class Crew(Protocol):
    """Workers of one kind."""

    def shards(self, job: Job, tasks: Iterable[Task]) -> Iterator[Shard]:
        """The shards of all tasks, in whatever order they are finished. Of the tasks no more are taken than are about
        to be worked on. Raises StoreError, and ClusterError where workers cannot go on."""
