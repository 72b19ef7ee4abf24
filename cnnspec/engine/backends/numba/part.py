"""A thread's part of what several carry out together, item by item; native items go without the interpreter.

What is left to Python is carried out between native calls; neighbouring native calls in such an item are one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from types import MappingProxyType

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
PROGRESS, CALLS = OWN.index("progress"), OWN.index("calls")
NEXT, FINISHED, RESULT = OWN.index("next"), OWN.index("finished"), OWN.index("result")
WAITS = slice(OWN.index("looks"), RESULT)


def waits(patience: int = PATIENCE) -> tuple[int, int, int]:
    """How a native function waits: looks, patience, the address of the system's call that lets others have the core."""
    return LOOKS, patience, giving_way()


def own_table(needs: NDArray[np.int64], bounds: NDArray[np.int64], mine: NDArray[np.int64]) -> NDArray[np.int64]:
    """What a thread is told of items: how many of the first each needs (items,), where its calls begin and end among
    all (items, 2), and which it takes before others, in order. The table only knows where these lie."""
    return np.array([0, len(needs), needs.ctypes.data, bounds.ctypes.data, 0, mine.ctypes.data, len(mine)], np.int64)


class Part:
    """A thread's way through items. `run` is the native function that carries them out, `enter` the one that a thread
    begins with, which calls that; `others` are the calls of items that are left to Python."""

    def __init__(self, vectors: Vectors, others: Mapping[int, list[Call]] = MappingProxyType({})) -> None:
        nothing = (0 for _ in OWN)
        self.enter = self.run = NativeCall(function("run", vectors), nothing)
        self.table = self.run.table
        self.table[WAITS] = waits()
        self.others = others
        self.alive: object = None
        self.held = single_threaded_blas if others else nullcontext()

    def take(self, progress: NDArray[np.int64], own: NDArray[np.int64], calls: NDArray[np.int64]) -> None:
        """Be ready for the items of an `own_table`, whose calls are pairs (calls, 2). How far they are is to be seen in
        `progress`, `layout.ITEMS` numbers and one for each item."""
        self.table[:NEXT] = own
        self.table[PROGRESS], self.table[CALLS] = progress.ctypes.data, calls.ctypes.data
        self.progress, self.calls = progress, calls

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


def planned(
    items: Sequence[WorkItem],
    progress: NDArray[np.int64],
    needs: NDArray[np.int64],
    mine: Sequence[int],
    vectors: Vectors,
) -> Part:
    """A thread's part of a plan: all its items, bound to scratch of its own."""
    pairs: list[tuple[int, int]] = []
    bounds = np.full((len(items), 2), -1, np.int64)
    kept: list[list[Call]] = []
    others: dict[int, list[Call]] = {}
    for i, calls_of_numpy in enumerate(items):
        item = [native(call, vectors) for call in calls_of_numpy]
        kept.append(item)
        natives = [call for call in item if isinstance(call, NativeCall)]
        if len(natives) == len(item):
            bounds[i] = len(pairs), len(pairs) + len(item)
            pairs += [call.pair for call in natives]
        else:
            others[i] = list(joined(item, vectors))
    part = Part(vectors, others)
    own = np.array(mine, np.int64)
    part.take(progress, own_table(needs, bounds, own), np.array(pairs or [(0, 0)], np.int64))
    part.alive = items, kept, needs, bounds, own
    return part


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
