"""Threads that share the work items of a plan.

Which items there are is fixed when a plan is made, so results are the same bytes for any number of threads; who
carries one out is decided as they go. Items are begun in their order, each as soon as those that it needs are done: a
thread whose core another process has taken holds up what hangs on its one item and no more. NumPy lets go of the
interpreter while it computes, so threads really run side by side; in between they have it one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from queue import SimpleQueue
from threading import Condition
from typing import Protocol, TypeVar

import numpy as np

from ..machine.blas_threads import single_threaded_blas
from ..machine.threads import SleepingThreads
from .schedule import WorkItem

Part = TypeVar("Part")
Given = TypeVar("Given", contravariant=True)
WorkList = Sequence[WorkItem]
"""All items of a plan, bound to the scratch of one thread."""


class Shared(Protocol[Given]):
    """Work that threads carry out together."""

    failure: BaseException | None
    """What has ended it."""

    def work(self, part: Given) -> None:
        """Take part until nothing is left to begin; what fails is kept."""

    def end(self) -> None:
        """Let nobody begin anything else, or wait for it."""


class Execution:
    """Items on their way. Item i may begin when the first `needs[i]` are done."""

    def __init__(self, needs: Sequence[int]) -> None:
        self.failure: BaseException | None = None
        self._has_ended = False
        self._needs = needs
        self._next = 0
        self._done = [False] * len(needs)
        self._behind = 0
        """So many items, from the first on, are done."""
        self._news = Condition()

    def work(self, work_list: WorkList) -> None:
        """Carry out items until none is left to begin, or one has failed."""
        try:
            item = self._take()
            while item is not None:
                for call in work_list[item]:
                    call()
                item = self._take(item)
        except BaseException as failure:
            self.failure = failure
            self.end()

    def end(self) -> None:
        """Let nobody begin another item, or wait for one."""
        self._has_ended = True
        with self._news:
            self._news.notify_all()

    def _take(self, done: int | None = None) -> int | None:
        """The next item, once it may begin, after this thread has `done` another."""
        with self._news:
            if done is not None:
                self._finish(done)
            while self._is_held_up():
                self._news.wait()
            if self._is_over():
                self._news.notify_all()
                return None
            self._next += 1
            if not self._is_held_up():
                self._news.notify()
            return self._next - 1

    def _finish(self, item: int) -> None:
        self._done[item] = True
        while self._behind < len(self._done) and self._done[self._behind]:
            self._behind += 1

    def _is_over(self) -> bool:
        return self._has_ended or self._next == len(self._needs)

    def _is_held_up(self) -> bool:
        return not self._is_over() and self._needs[self._next] > self._behind


class ThreadPool:
    """`size` threads, which sleep between runs; the caller's own is the first of them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._others = SleepingThreads(size - 1)

    def run(self, work_lists: Sequence[WorkList], needs: Sequence[int]) -> None:
        """Carry out a plan that is bound once for each thread."""
        self.carry_out(Execution(needs), work_lists)

    def carry_out(self, execution: Shared[Part], parts: Sequence[Part]) -> None:
        """Carry out something that threads share, each its part. Raises what has failed."""
        done: SimpleQueue[None] = SimpleQueue()
        try:
            for i, part in enumerate(parts[1:]):
                self._others.give(i, partial(_take_part, execution, part, done))
            execution.work(parts[0])
            for _ in parts[1:]:
                done.get()
        except BaseException:  # Ctrl-C
            execution.end()
            raise
        failure, execution.failure = execution.failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                # It knows this call, and with it the pool: a circle would keep the threads until it is found.
                del failure


def _take_part(execution: Shared[Part], part: Part, done: SimpleQueue[None]) -> None:
    with np.errstate(all="ignore"), single_threaded_blas:
        execution.work(part)
    done.put(None)
