"""How the work items of a bound plan are carried out.

A plan binds all its work once for each thread, to scratch of its own, and runs it many times. The wanted backend says
who does that: its executor may know its own calls among the items and carry runs of them out without the interpreter.
What every item needs, it keeps to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..kernels.strips import Call, Scratch
from ..machine.blas_threads import single_threaded_blas
from .schedule import Schedule
from .thread_pool import ThreadPool

Bind = Callable[[Scratch], Schedule]
"""All work of a plan bound to the scratch of one thread: the same items with the same needs each time."""


class Executor(Protocol):
    """Carries out a plan's items. One run at a time; its threads end with it. Numbers that leave float32 become
    infinity or NaN without NumPy's warnings."""

    def run(self) -> None:
        """Carry out every item once, each after those that it needs. Raises what an item raises."""


class CallExecutor:
    """Item by item, call by call; several threads share the items out."""

    def __init__(self, bind: Bind, threads: int) -> None:
        schedule = bind(Scratch())
        self.needs = schedule.needs
        self.work_lists = [schedule.items]
        self.calls: list[Call] = [call for item in schedule.items for call in item]
        others = threads - 1 if len(schedule.items) > 1 else 0
        self.work_lists += [bind(Scratch()).items for _ in range(others)]
        self.pool = ThreadPool(len(self.work_lists)) if others else None

    def run(self) -> None:
        with np.errstate(all="ignore"), single_threaded_blas:
            if self.pool is not None:
                self.pool.run(self.work_lists, self.needs)
                return
            for call in self.calls:
                call()
