"""Threads that share the work items of a plan.

Which items there are is fixed when a plan is made, so results are the same bytes for any number of threads; who
carries one out is decided as they go. Items are begun in their order, each as soon as those that it needs are done: a
thread whose core another process has taken holds up what hangs on its one item and no more. NumPy lets go of the
interpreter while it computes, so threads really run side by side; in between they have it one at a time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Condition, Semaphore, Thread

import numpy as np

from ..machine.blas_threads import single_threaded_blas
from .schedule import WorkItem

WorkList = Sequence[WorkItem]
"""All items of a plan, bound to the scratch of one thread."""


class Execution:
    """Items on their way. Item i may begin when the first `needs[i]` are done."""

    def __init__(self, needs: Sequence[int]) -> None:
        self.failure: BaseException | None = None
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
            with self._news:
                self.failure = failure
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
        return self.failure is not None or self._next == len(self._needs)

    def _is_held_up(self) -> bool:
        return not self._is_over() and self._needs[self._next] > self._behind


class ThreadPool:
    """So many threads, which sleep between runs; the caller's own is the first of them.

    A forked process has none of its parent's threads: there new ones are started for the first run.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._work: list[tuple[Execution, WorkList] | None] = [None] * self.size
        self._wake = [Semaphore(0) for _ in range(self.size)]
        self._done = Semaphore(0)
        self._threads = [Thread(target=self._member, args=(i,), daemon=True) for i in range(1, self.size)]
        for thread in self._threads:
            thread.start()

    def _member(self, number: int) -> None:
        while self._wake[number].acquire() and self._work[number] is not None:
            self._take_part(number)

    def _take_part(self, number: int) -> None:
        """A sleeping thread must not hold on to a work list: it may lead back to what the pool belongs to."""
        work, self._work[number] = self._work[number], None
        assert work is not None
        execution, work_list = work
        with np.errstate(all="ignore"), single_threaded_blas:
            execution.work(work_list)
        self._done.release()

    def run(self, work_lists: Sequence[WorkList], needs: Sequence[int]) -> None:
        """Carry out a plan that is bound once for each thread."""
        if self._process != os.getpid():
            self._start()
        execution = Execution(needs)
        for i, work_list in enumerate(work_lists[1:], 1):
            self._work[i] = execution, work_list
            self._wake[i].release()
        execution.work(work_lists[0])
        for _ in work_lists[1:]:
            self._done.acquire()
        if execution.failure is not None:
            raise execution.failure

    def close(self) -> None:
        """Let the threads end. In a forked process there are none, and what woke them may be locked for ever."""
        if self._process != os.getpid():
            return
        for wake in self._wake[1:]:
            wake.release()
