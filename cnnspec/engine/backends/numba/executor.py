"""Carries a plan out by native code: one call for each thread and run, where the plan has no call of Python's.

What is left to Python is carried out between such calls; neighbouring native calls in such an item are one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from ....kernels.compiled.layout import DONE, NEXT, OVER, OWN, WAITING
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Call, Scratch
from ....machine.blas_threads import single_threaded_blas
from ...executor import Bind
from ...schedule import WorkItem
from ...thread_pool import ThreadPool
from .movement import native
from .native import NativeCall, function

PATIENCE = 2000
"""How often a thread looks whether it may go on before it lets others have its core: for some twenty microseconds."""
SHORT_WAITS = 200
"""How often it only does that before it sleeps."""
NAP = 1e-4
"""Seconds of such a sleep."""
FINISHED, RESULT = OWN.index("finished"), OWN.index("result")


def _let_others_run() -> None:
    time.sleep(0)


give_way: Callable[[], object] = getattr(os, "sched_yield", _let_others_run)
"""Lets others have the core who wait for it, if there are any; a sleep of no length takes some 70 microseconds."""


class NativeExecutor:
    """A thread's work, native or not, is bound to scratch of its own."""

    def __init__(self, bind: Bind, threads: int, vectors: Vectors) -> None:
        schedule = bind(Scratch())
        count = len(schedule.items)
        self.needs = np.array(schedule.needs, np.int64)
        self.progress = np.zeros(DONE + count, np.int64)
        lists = [schedule.items] + [bind(Scratch()).items for _ in range(threads - 1 if count > 1 else 0)]
        self.parts = [Part(items, self.progress, self.needs, vectors) for items in lists]
        self.pool = ThreadPool(len(lists)) if len(lists) > 1 else None
        calls_numpy = any(part.others for part in self.parts)
        self.held = single_threaded_blas if calls_numpy else nullcontext()

    def run(self) -> None:
        with self.held:
            self._run()

    def _run(self) -> None:
        self.progress[:] = 0
        if self.pool is None:
            self.parts[0].work()
        else:
            self.pool.carry_out(Joint(self.progress, len(self.needs)), self.parts)


class Part:
    """All items of a plan, bound to the scratch of one thread."""

    def __init__(
        self, items: Sequence[WorkItem], progress: NDArray[np.int64], needs: NDArray[np.int64], vectors: Vectors
    ) -> None:
        pairs: list[tuple[int, int]] = []
        bounds = np.full((len(items), 2), -1, np.int64)
        kept: list[list[Call]] = []
        self.others: dict[int, list[Call]] = {}
        for i, calls_of_numpy in enumerate(items):
            item = [native(call, vectors) for call in calls_of_numpy]
            kept.append(item)
            natives = [call for call in item if isinstance(call, NativeCall)]
            if len(natives) == len(item):
                bounds[i] = len(pairs), len(pairs) + len(item)
                pairs += [call.pair for call in natives]
            else:
                self.others[i] = list(joined(item, vectors))
        calls = np.array(pairs or [(0, 0)], np.int64)
        self.table = np.array(
            (
                progress.ctypes.data,
                len(items),
                needs.ctypes.data,
                bounds.ctypes.data,
                calls.ctypes.data,
                -1,
                PATIENCE,
                0,
            ),
            np.int64,
        )
        self.alive = items, kept, progress, needs, bounds, calls
        self.run = NativeCall(function("run", vectors), self.table)
        self.table = self.run.table

    def work(self) -> None:
        """Carry out items until none is left to take."""
        self.table[FINISHED] = -1
        self.run()
        waits = 0
        while (item := int(self.table[RESULT])) != OVER:
            if item == WAITING:
                # At first others may have the core for a moment; what takes long is slept over.
                if waits < SHORT_WAITS:
                    give_way()
                else:
                    time.sleep(NAP)
                waits += 1
                self.table[FINISHED] = -1
            else:
                waits = 0
                for call in self.others[item]:
                    call()
                self.table[FINISHED] = item
            self.run()


class Joint:
    """A run that several threads share."""

    def __init__(self, progress: NDArray[np.int64], count: int) -> None:
        self.failure: BaseException | None = None
        self._progress = progress
        self._count = count

    def work(self, part: Part) -> None:
        """Carry out items until none is left to take, or one has failed."""
        try:
            part.work()
        except BaseException as failure:
            self.failure = failure
            self.end()

    def end(self) -> None:
        """Let nobody take another item, or wait for one."""
        self._progress[NEXT] = self._count


def joined(item: Iterable[Call], vectors: Vectors) -> Iterable[Call]:
    """The calls of an item, neighbouring native ones as one."""
    waiting: list[NativeCall] = []
    for call in [*item, None]:
        if isinstance(call, NativeCall):
            waiting.append(call)
            continue
        if len(waiting) > 1:
            pairs = np.array([each.pair for each in waiting], np.int64)
            yield NativeCall(function("sequence", vectors), (pairs.ctypes.data, len(pairs)), pairs, waiting)
        else:
            yield from waiting
        waiting = []
        if call is not None:
            yield call
