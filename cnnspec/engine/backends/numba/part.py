"""A thread's part of a plan: all its items, bound to scratch of its own; native ones go without the interpreter.

What is left to Python is carried out between native calls; neighbouring native calls in such an item are one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from ....kernels.compiled.layout import ENDED, OVER, OWN, WAITING
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Call
from ....machine.blas_threads import single_threaded_blas
from ....machine.threads import giving_way
from ...schedule import WorkItem
from .movement import native
from .native import NativeCall, function

LOOKS = 500
"""How often a thread looks whether it may go on before it lets others have its core: for ten to twenty microseconds."""
PATIENCE = 64
"""How often it does that before it sleeps: for about a millisecond, then."""
NAP = 1e-4
"""Seconds of such a sleep."""
NEXT, FINISHED, RESULT = OWN.index("next"), OWN.index("finished"), OWN.index("result")


def waits() -> tuple[int, int, int]:
    """How a native function waits: looks, patience, the address of the system's call that lets others have the core."""
    return LOOKS, PATIENCE, giving_way()


class Part:
    """All items of a plan. `run` is the native function that carries them out, `enter` the one that a thread begins
    with, which calls that."""

    def __init__(
        self,
        items: Sequence[WorkItem],
        progress: NDArray[np.int64],
        needs: NDArray[np.int64],
        mine: Sequence[int],
        vectors: Vectors,
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
        self.progress = progress
        own = np.array(mine, np.int64)
        addresses = (array.ctypes.data for array in (needs, bounds, calls, own))
        table = progress.ctypes.data, len(items), *addresses, len(own), 0, -1, *waits(), 0
        self.alive = items, kept, needs, bounds, calls, own

        self.enter = self.run = NativeCall(function("run", vectors), table)
        self.table = self.run.table
        self.held = single_threaded_blas if self.others else nullcontext()

    def work(self) -> None:
        """Carry out items until none is left to take."""
        self.table[FINISHED], self.table[NEXT] = -1, 0
        self.enter()
        while (item := int(self.table[RESULT])) != OVER:
            if item == WAITING:
                time.sleep(NAP)
                self.table[FINISHED] = -1
            else:
                with np.errstate(all="ignore"), self.held:
                    for call in self.others[item]:
                        call()
                self.table[FINISHED] = item
            self.enter()

    def end(self) -> None:
        """Let nobody take another item, or wait for one."""
        self.progress[ENDED] = 1


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
