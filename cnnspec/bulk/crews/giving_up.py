"""When a task is begun anew no more: workers die at it again and again."""

from __future__ import annotations

from collections import Counter

from ...diagnostics import Diagnostic, FileError
from ..task import Task

MOST = 6
"""Workers that may die at one task."""


class ClusterError(FileError):
    """Workers that cannot be had, or cannot go on (E435)."""


class Deaths:
    """Workers that died at each task."""

    def __init__(self) -> None:
        self.counts = Counter[int]()

    def note(self, task: Task, how: str) -> None:
        """Raises ClusterError for the last that may die."""
        self.counts[task.number] += 1
        if self.counts[task.number] < MOST:
            return
        files = f"`{task.files[0].url}`" + (f" and {len(task.files) - 1:,} more" if len(task.files) > 1 else "")
        message = f"{MOST} workers have died at the same shard, one after the other"
        why = f"at number {task.number}, of {files}; the last one by {how}: is it out of memory?"
        cure = "fewer workers, a smaller --batch, or more memory; the same command then goes on"
        raise ClusterError([Diagnostic("E435", message, file=task.files[0].url, why=why, help=cure)])
