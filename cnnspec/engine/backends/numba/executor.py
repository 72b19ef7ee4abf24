"""Carries a plan out by native code: one call for each thread and run, where the plan has no call of Python's."""

from __future__ import annotations

import numpy as np

from ....kernels.compiled.layout import ITEMS
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Call, Scratch, aligned
from ....machine.blas_threads import single_threaded_blas
from ...executor import Bind
from .crew import Crew
from .movement import native
from .native import NativeCall
from .part import Part, joined, planned


class NativeExecutor:
    """A thread's work, native or not, is bound to scratch of its own. One thread needs no list: its native calls that
    follow each other are one."""

    def __init__(self, bind: Bind, threads: int, vectors: Vectors) -> None:
        schedule = bind(Scratch())
        count = len(schedule.items)
        self.calls: list[Call] = []
        self.parts: list[Part] = []
        self.needs = np.array(schedule.needs, np.int64)
        self.progress = aligned(2 * (ITEMS + count)).view(np.int64)
        if threads == 1 or count == 1:
            self.calls += joined([native(call, vectors) for item in schedule.items for call in item], vectors)
            calls_numpy = not all(isinstance(call, NativeCall) for call in self.calls)
        else:
            owners = [int(place * threads) for place in schedule.places]
            for thread in range(threads):
                items = schedule.items if thread == 0 else bind(Scratch()).items
                mine = [i for i in range(count) if owners[i] == thread]
                self.parts.append(planned(items, self.progress, self.needs, mine, vectors))
            self.crew = Crew(self.parts, vectors)
            calls_numpy = any(part.others for part in self.parts)
        self.calls_numpy = calls_numpy

    def run(self) -> None:
        if self.calls_numpy:
            with np.errstate(all="ignore"), single_threaded_blas:
                self._run()
        else:
            self._run()

    def _run(self) -> None:
        if self.parts:
            self.progress[:] = 0
            self.crew.work()
        for call in self.calls:
            call()
