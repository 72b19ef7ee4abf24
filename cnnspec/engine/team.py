"""Threads that share the work items of a stage.

Which items there are is fixed when a plan is made, so results are the same bytes for any number of threads; who
carries one out is decided as they go: each lane takes the next item that is left, so that a lane whose core another
process has taken holds up one item and no more. NumPy lets go of the interpreter while it computes, so lanes really
run side by side; in between they have it one at a time, which is why only stages of much work are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from threading import Semaphore, Thread

import numpy as np

from .hold import one_thread

Call = Callable[[], object]
Item = Sequence[Call]
Lane = Sequence[Sequence[Item]]
"""The stages of a plan, each a list of items, bound to the scratch of one thread."""


class Shared:
    """A stage in work."""

    def __init__(self) -> None:
        self._next = count()
        self.failure: BaseException | None = None

    def work(self, items: Sequence[Item]) -> None:
        """Carry out items until none is left, or one has failed."""
        try:
            while self.failure is None and (i := next(self._next)) < len(items):
                for call in items[i]:
                    call()
        except BaseException as failure:
            self.failure = failure


class Team:
    """Threads for `lanes - 1` lanes, which sleep between stages; the caller's own thread is the first lane."""

    def __init__(self, lanes: int) -> None:
        self._work: list[tuple[Shared, Sequence[Item]] | None] = [None] * lanes
        self._wake = [Semaphore(0) for _ in range(lanes)]
        self._done = Semaphore(0)
        self._threads = [Thread(target=self._member, args=(i,), daemon=True) for i in range(1, lanes)]
        for thread in self._threads:
            thread.start()

    def _member(self, number: int) -> None:
        while self._wake[number].acquire() and (work := self._work[number]) is not None:
            stage, items = work
            with np.errstate(all="ignore"), one_thread:
                stage.work(items)
            self._work[number] = None
            self._done.release()

    def run(self, lanes: Sequence[Lane]) -> None:
        """Carry out a plan that is bound once for each lane. A stage of one item is the caller's."""
        for number, items in enumerate(lanes[0]):
            if len(items) > 1:
                self._share([lane[number] for lane in lanes])
            else:
                for item in items:
                    for call in item:
                        call()

    def _share(self, bound: Sequence[Sequence[Item]]) -> None:
        stage = Shared()
        for i, items in enumerate(bound[1:], 1):
            self._work[i] = stage, items
            self._wake[i].release()
        stage.work(bound[0])
        for _ in bound[1:]:
            self._done.acquire()
        if stage.failure is not None:
            raise stage.failure

    def close(self) -> None:
        """Let the threads end."""
        for wake in self._wake[1:]:
            wake.release()
