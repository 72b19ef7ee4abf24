"""Carries a plan out by native code: one call for each thread and run, where the plan has no call of Python's."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np

from ....kernels.compiled.layout import ITEMS
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Scratch, aligned
from ....machine.blas_threads import single_threaded_blas
from ...executor import Bind
from .crew import Crew
from .part import Part


class NativeExecutor:
    """A thread's work, native or not, is bound to scratch of its own."""

    def __init__(self, bind: Bind, threads: int, vectors: Vectors) -> None:
        schedule = bind(Scratch())
        count = len(schedule.items)
        self.needs = np.array(schedule.needs, np.int64)
        self.progress = aligned(2 * (ITEMS + count)).view(np.int64)
        lists = [schedule.items] + [bind(Scratch()).items for _ in range(threads - 1 if count > 1 else 0)]
        owners = [int(place * len(lists)) for place in schedule.places]
        self.parts = [
            Part(items, self.progress, self.needs, [i for i in range(count) if owners[i] == thread], vectors)
            for thread, items in enumerate(lists)
        ]
        self.crew = Crew(self.parts, vectors) if len(lists) > 1 else None
        calls_numpy = any(part.others for part in self.parts)
        self.held = single_threaded_blas if calls_numpy else nullcontext()

    def run(self) -> None:
        with self.held:
            self.progress[:] = 0
            if self.crew is None:
                self.parts[0].work()
            else:
                self.crew.work()
