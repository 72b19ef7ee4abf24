"""Threads that sleep until they are given something to do, and how many there should be."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from threading import Thread
from weakref import finalize

Job = Callable[[], object]
VARIABLE = "CNNSPEC_THREADS"


def default_threads() -> int:
    """How many threads share a work where nobody says it: `CNNSPEC_THREADS`, else one for each core that the process
    may use. Raises ValueError when the variable holds no such number."""
    return threads_of_environment() or _cores()


def threads_of_environment() -> int | None:
    """`CNNSPEC_THREADS`, None where it is not set or empty. Raises ValueError when it is no whole number of at least
    1."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return None
    digits = value.lstrip("0")
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{VARIABLE}={value[:40]!r} is no whole number of at least 1")
    return int(digits[:9])


def most_threads() -> int:
    """Threads beyond which more only wait for each other: four for each core, and no fewer than 16."""
    return max(16, 4 * _cores())


def _cores() -> int:
    from .hardware import cores  # nobody counts them where their number is said

    return cores()


@cache
def giving_way() -> int:
    """The address of the system's call that lets others have the core who wait for it, if there are any."""
    import ctypes

    call = ctypes.CDLL("kernel32").SwitchToThread if os.name == "nt" else ctypes.CDLL(None).sched_yield
    address = ctypes.cast(call, ctypes.c_void_p).value
    assert address is not None
    return address


class SleepingThreads:
    """Up to `count` threads, each started for its first job; they end with this object.

    What ends a thread is there before it begins, and no thread holds on to this object or to a job that is done: none
    is left behind, whatever fails or is interrupted on the way. A forked process has none of its parent's threads;
    there new ones are started.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._renew()

    def _renew(self) -> None:
        self._process = os.getpid()
        self._queues: dict[int, SimpleQueue[Job | None]] = {}
        self._started: set[int] = set()
        finalize(self, _dismiss, self._queues, self._process)

    def give(self, number: int, job: Job) -> None:
        """Let a thread, one of 0 to `count - 1`, do a job once it has done those that it was given before."""
        assert 0 <= number < self.count
        if self._process != os.getpid():
            self._renew()
        queue = self._queues.setdefault(number, SimpleQueue())
        queue.put(job)
        if number not in self._started:
            Thread(target=_serve, args=(queue,), daemon=True).start()
            self._started.add(number)


def _serve(queue: SimpleQueue[Job | None]) -> None:
    while (job := queue.get()) is not None:
        job()
        del job  # it may hold arrays, and lead back to whom the threads belong to
    queue.put(None)  # where Ctrl-C came right behind its start, another thread serves the same queue


def _dismiss(queues: dict[int, SimpleQueue[Job | None]], process: int) -> None:
    if process == os.getpid():
        for queue in queues.values():
            queue.put(None)
