"""Processes of this machine, each with the network and its weights, which it is sent once.

One that dies, killed or out of memory, is replaced, and its task is begun anew. When this process dies, so do they: the
pipe to each ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from ...diagnostics import Failure
from ...machine.threads import default_threads
from ..job import Job, Worker
from ..task import Shard, Task
from .giving_up import Deaths

CONTEXT = multiprocessing.get_context("spawn")
"""A fork would copy threads' locks, but not the threads."""


class Processes:
    """`count` of them, which share this machine's cores."""

    def __init__(self, count: int) -> None:
        self.count = count

    def shards(self, job: Job, tasks: Iterable[Task]) -> Iterator[Shard]:
        job = replace(job, threads=job.threads or max(1, default_threads() // self.count))
        given, again, deaths = iter(tasks), deque[Task](), Deaths()
        busy: dict[Connection, _Busy] = {}
        idle: list[_Process] = []
        try:
            while True:
                while len(busy) < self.count and (task := again.popleft() if again else next(given, None)):
                    process = idle.pop() if idle else _Process(job)
                    busy[process.connection] = _Busy(process, task)
                    process.give(task)
                if not busy:
                    return
                ready = wait(list(busy))
                for connection in [each for each in busy if each in ready]:
                    process, task = busy.pop(connection)
                    found = process.taken()
                    if isinstance(found, Shard):
                        idle.append(process)
                        yield found
                    elif isinstance(found, BaseException):
                        raise found
                    else:
                        deaths.note(task, process.how_it_ended())
                        again.append(task)
        finally:
            for each in (*idle, *(process for process, _ in busy.values())):
                each.end()


class _Process:
    """A worker in a process of its own, and this end of the pipe to it."""

    def __init__(self, job: Job) -> None:
        self.connection, theirs = CONTEXT.Pipe()
        self.process: SpawnProcess = CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        with suppress(OSError):  # it has died already, which is seen when its answer is waited for
            self.connection.send(job)

    def give(self, task: Task) -> None:
        with suppress(OSError):
            self.connection.send(task)

    def taken(self) -> Shard | BaseException | None:
        """What it made of its task, or what it raised; None where it has died."""
        try:
            found: Shard | BaseException = self.connection.recv()
        except (EOFError, OSError):
            return None
        return found if not isinstance(found, MemoryError) else None

    def how_it_ended(self) -> str:
        self.end()
        code = self.process.exitcode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def end(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join()


class _Busy(NamedTuple):
    process: _Process
    task: Task


def _serve(connection: Connection) -> None:
    """Work until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that began them all
    with suppress(EOFError, OSError):
        worker = Worker(connection.recv())
        while True:
            task = connection.recv()
            try:
                found: Shard | BaseException = worker.run(task)
            except (Failure, MemoryError) as failure:
                found = failure
            connection.send(found)
