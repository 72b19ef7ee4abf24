"""Threads that carry out stages of work items together.

Which items there are is fixed when a plan is made, so results are the same bytes for any number of threads; who
carries one out is decided as they go: each lane takes the next item that is left. NumPy lets go of the interpreter
while it computes, so lanes really run side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from threading import Semaphore, Thread
from time import sleep

import numpy as np

from .hold import one_thread

Call = Callable[[], object]
Item = Sequence[Call]
Lane = Sequence[Sequence[Item]]
"""The stages of a plan, each a list of items, bound to the scratch of one thread."""


class Run:
    """One run of a plan: which items are taken, which stages are complete."""

    def __init__(self, stages: Sequence[int]) -> None:
        self.stages = stages
        self.taken = [count() for _ in stages]
        self.done = [count(1) for _ in stages]
        self.complete = -1
        self.failure: BaseException | None = None

    def work(self, lane: Lane) -> None:
        """Carry out items until all stages are complete; a stage begins when the one before is complete."""
        try:
            for number, items in enumerate(lane):
                for i in iter(self.taken[number].__next__, None):
                    if i >= len(items):
                        break
                    for call in items[i]:
                        call()
                    if next(self.done[number]) == len(items):
                        self.complete = number
                while self.complete < number:
                    if self.failure is not None:
                        return
                    # Not a lock: waking a sleeper takes longer than most stages do. Sleeping for no time lets the
                    # other lanes, and other processes, run.
                    sleep(0)
        except BaseException as failure:
            self.failure = failure


class Team:
    """Threads for `lanes - 1` lanes, which wait for a run; the caller's own thread is the first lane."""

    def __init__(self, lanes: int) -> None:
        self._work: list[tuple[Run, Lane] | None] = [None] * lanes
        self._wake = [Semaphore(0) for _ in range(lanes)]
        self._rest = Semaphore(0)
        self._threads = [Thread(target=self._member, args=(i,), daemon=True) for i in range(1, lanes)]
        for thread in self._threads:
            thread.start()

    def _member(self, number: int) -> None:
        while True:
            self._wake[number].acquire()
            work = self._work[number]
            if work is None:
                return
            run, lane = work
            with np.errstate(all="ignore"), one_thread:
                run.work(lane)
            self._work[number] = None
            self._rest.release()

    def run(self, lanes: Sequence[Lane]) -> None:
        """Carry out a plan that is bound once for each lane."""
        run = Run([len(stage) for stage in lanes[0]])
        others = range(1, len(lanes))
        for i in others:
            self._work[i] = run, lanes[i]
            self._wake[i].release()
        run.work(lanes[0])
        for _ in others:
            self._rest.acquire()
        if run.failure is not None:
            raise run.failure

    def close(self) -> None:
        """Let the threads end."""
        for wake in self._wake[1:]:
            wake.release()
