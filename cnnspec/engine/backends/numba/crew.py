"""Threads that carry a plan's items out together, run after run, and meet in memory; none waits for the interpreter.

The first part is that of whoever asks for a run. The others' threads are told by a queue only where they sleep: they
stay awake for a while behind a run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ....kernels.compiled.layout import AWAY, LINE
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import aligned
from ....machine.threads import SleepingThreads
from .native import NativeCall, function
from .part import PATIENCE, Part, waits


class Crew:
    """As many threads as there are parts, the caller's among them; the others end with this object. They stay awake for
    some `patience` behind a run."""

    def __init__(self, parts: Sequence[Part], vectors: Vectors, patience: int = PATIENCE) -> None:
        self.leader, *helpers = parts
        self.run = Run()
        self.states = aligned(LINE * len(helpers) // 4).view(np.int64)
        self.were_away = np.zeros(len(helpers), np.int64)
        self.helpers = [
            Helper(part, self.states[LINE // 8 * i :], self.run, vectors, patience) for i, part in enumerate(helpers)
        ]
        all_states = self.states.ctypes.data, len(helpers)
        fields = *self.leader.run.pair, *all_states, *waits()
        self.leader.enter = NativeCall(function("lead", vectors), fields, self.states, self.leader.run)
        self.gather = NativeCall(function("gather", vectors), (*all_states, self.were_away.ctypes.data, 0))
        self.threads = SleepingThreads(len(helpers))
        self._process = os.getpid()

    def work(self) -> None:
        """Carry out all items. Raises what has failed."""
        if self._process != os.getpid():  # a forked process has none of its parent's threads
            self._process = os.getpid()
            self.states[:] = AWAY
        try:
            self.gather()
            if self.gather.table[-1]:
                for i, helper in enumerate(self.helpers):
                    if self.were_away[i]:
                        self.threads.give(i, helper.work)
            self.run.take_part(self.leader)
            if self.run.failure is not None:
                self.leader.work()  # there is nothing to take any more: until the others have ended as well
        except BaseException:  # Ctrl-C: no thread may go on with arrays that the caller takes to be at rest
            self.leader.end()
            self.leader.work()
            self.run.failure = None
            raise
        failure, self.run.failure = self.run.failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                # It knows this call, and with it the threads: a circle would keep them until it is found.
                del failure


class Run:
    """What has ended a run."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None

    def take_part(self, part: Part) -> bool:
        """Carry out items until none is left to take, or one has failed; whether none has here."""
        try:
            part.work()
        except BaseException as failure:
            self.failure = failure
            part.end()
            return False
        return True


class Helper:
    """A thread's part, and its word that says what it does. It knows no thread."""

    def __init__(self, part: Part, state: NDArray[np.int64], run: Run, vectors: Vectors, patience: int) -> None:
        self.part, self.state, self.run = part, state, run
        fields = *part.run.pair, state.ctypes.data, *waits(patience)
        part.enter = NativeCall(function("assist", vectors), fields, state, part.run)

    def work(self) -> None:
        """Take part in runs until none has begun for a while."""
        if not self.run.take_part(self.part):
            self.state[0] = AWAY
