"""Threads that work on parts of a batch side by side; sums over all of them are what joins them.

NumPy lets go of the interpreter while it computes, so they really run at once. Sums are made in the workers' order:
for a given number of workers the same bytes come out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event, Lock
from typing import Generic, TypeVar

import numpy as np

from ..graph.array import Array
from ..machine.blas_threads import single_threaded_blas
from ..machine.threads import SleepingThreads

T = TypeVar("T")


class OtherFailed(Exception):  # noqa: N818 - a signal, not an error
    """Another worker has failed."""


class AllReduce:
    """Sums over the workers of one task, of which each gives a part and gets the whole.

    Places are used in turn: whoever comes to the next sum has made the last one, so they wait once for each. A network
    of many batch norms has hundreds of sums a step: plain locks take a third of the time of `threading.Barrier`.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._places: tuple[list[Array], list[Array]] = ([np.empty(0)] * count, [np.empty(0)] * count)
        self._turns = [0] * count
        self._lock = Lock()
        self._waiting: list[Lock] = []
        self.has_ended = False

    def all_reduce(self, number: int, part: Array) -> Array:
        """The sum of every worker's `part`, for worker `number`; nobody may change a part meanwhile."""
        if self.count == 1:
            return part
        place = self._places[self._turns[number]]
        self._turns[number] ^= 1
        place[number] = part
        self._wait()
        total: Array = place[0] + place[1]
        for more in place[2:]:
            total += more
        return total

    def _wait(self) -> None:
        """Go on when every worker is here, or raise `OtherFailed`."""
        asleep = Lock()
        asleep.acquire()
        with self._lock:
            self._waiting.append(asleep)
            everyone = len(self._waiting) == self.count
        if everyone:
            self._wake()
        if not self.has_ended:
            asleep.acquire()
        if self.has_ended:
            raise OtherFailed

    def end(self) -> None:
        """Let no one wait any longer for a worker that will not come."""
        self.has_ended = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for asleep in waiting:
            asleep.release()


class Task(Generic[T]):
    """A task that every worker carries out once."""

    def __init__(self, task: Callable[[int, AllReduce], T], count: int) -> None:
        self.task = task
        self.sums = AllReduce(count)
        self.given: dict[int, T] = {}
        self.failures: list[BaseException] = []
        self.done = [Event() for _ in range(count)]
        self._turns = [Lock() for _ in range(count)]

    def work(self, number: int) -> None:
        """A worker's share. One who is asked twice, since Ctrl-C came while it was asked, ends once."""
        try:
            with self._turns[number], np.errstate(all="ignore"), single_threaded_blas:
                if not self.sums.has_ended:
                    self.given[number] = self.task(number, self.sums)
        except OtherFailed:
            pass
        except BaseException as failure:
            self.failures.append(failure)
            self.sums.end()
        finally:
            self.done[number].set()

    def wait(self) -> None:
        """Until every worker but the first, who asks, has ended."""
        for done in self.done[1:]:
            done.wait()


class Workers:
    """`count` workers: the thread that asks, and others that are started when they are needed and sleep between tasks.

    Numbers that leave their range become infinity or NaN without NumPy's warnings; BLAS is held to one thread.
    """

    def __init__(self, count: int = 1) -> None:
        if count < 1:
            raise ValueError(f"{count} workers; at least 1 is needed")
        self.count = count
        self._others = SleepingThreads(count - 1)

    def run(self, task: Callable[[int, AllReduce], T], count: int | None = None) -> list[T]:
        """What `task(number, sums)` gives for each of the first `count` workers, by default for all.

        What one of them raises, be it Ctrl-C, ends all at their next sum; it is raised here once they have ended.
        """
        job = Task(task, count or self.count)
        try:
            self._share_out(job)
            job.work(0)
            job.wait()
        except BaseException:  # Ctrl-C: no one may go on with arrays that the caller takes to be at rest
            job.sums.end()
            self._share_out(job)  # perhaps not all had it yet; whoever gets it now ends at once
            job.wait()
            raise
        if job.failures:
            try:
                raise job.failures[0]
            finally:
                # What was raised knows this call, and with it the workers: a circle would keep the threads.
                job.failures.clear()
        return [job.given[number] for number in range(job.sums.count)]

    def _share_out(self, job: Task[T]) -> None:
        for number in range(1, job.sums.count):
            self._others.give(number - 1, partial(job.work, number))
