"""The workers of a Dask scheduler, on however many machines. https://distributed.dask.org

Weights go to each worker once, as a plugin: the scheduler gives it to those that join late, and no worker that dies
takes it along. Tasks of those that die are given to others by Dask itself. Results come back as the bytes of shards.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version
from itertools import islice
from queue import Empty, SimpleQueue
from secrets import token_hex
from threading import Lock
from time import monotonic
from typing import Any

from distributed import Client, KilledWorker, WorkerPlugin, get_worker

from ...diagnostics import Diagnostic
from ...diagnostics.wording import quantity
from ...files.places import exists
from ..job import Job, Worker
from ..task import Shard, Task
from .giving_up import ClusterError, Deaths

PATIENCE = 10
"""Seconds in which a scheduler answers."""
LOOK = 1
"""Seconds after which it is asked whether there still are workers."""
CLOSING = 2
"""Seconds in which it lets us go."""
WAITING = 2
"""Tasks that are given out for each thread of a worker: one to work on, one to follow."""
PACKAGES = ("cnnspec", "numpy", "pillow", "pyarrow")
"""Whose versions may change a row."""


class DaskCluster:
    """A scheduler that is connected. `say` is told what is waited for: a worker for no longer than `wait` seconds."""

    def __init__(self, client: Client, probe: str | None, wait: float, say: Callable[[str], object]) -> None:
        self.client, self.probe, self.wait, self.say = client, probe, wait, say

    def shards(self, job: Job, tasks: Iterable[Task]) -> Iterator[Shard]:
        name = f"cnnspec-{token_hex(8)}"
        plugin = JobPlugin(name, replace(job, threads=job.threads or 1), versions(), self.probe)
        self.client.register_plugin(plugin)
        if not self.client.nthreads():
            self.say(f"the scheduler has no worker; one is waited for, {quantity(round(self.wait), 'second')} at most")
        try:
            yield from self._carried_out(name, iter(tasks))
        except (CancelledError, OSError) as fault:
            why, cure = str(fault) or type(fault).__name__, "start it again; the same command then goes on"
            raise _failure("the scheduler has gone", why, cure) from None
        finally:
            with suppress(Exception):  # of a scheduler that has gone
                self.client.unregister_worker_plugin(name)

    def _carried_out(self, name: str, tasks: Iterator[Task]) -> Iterator[Shard]:
        given: dict[Any, Task] = {}
        finished, deaths = SimpleQueue[Any](), Deaths()

        def give(task: Task) -> None:
            future = self.client.submit(work, name, task, pure=False)
            given[future] = task
            future.add_done_callback(finished.put)

        def fill() -> None:
            room = max(1, sum(self.client.nthreads().values())) * WAITING - len(given)
            for task in islice(tasks, max(room, 0)):
                give(task)

        try:
            fill()
            while given:
                future = self._next(finished)
                task = given.pop(future)
                try:
                    shard: Shard = future.result()
                except (KilledWorker, MemoryError) as fault:
                    deaths.note(task, type(fault).__name__)
                    give(task)
                else:
                    del future  # or its worker keeps the shard
                    yield shard
                    fill()
        finally:
            with suppress(Exception):
                self.client.cancel(list(given), force=True)

    def _next(self, finished: SimpleQueue[Any]) -> Any:
        """The next of the futures that is done. Raises ClusterError where there is no worker for too long."""
        since = monotonic()
        while True:
            with suppress(Empty):
                return finished.get(timeout=LOOK)
            if self.client.nthreads():
                since = monotonic()
            elif monotonic() - since >= self.wait:
                why = f"none has been there for {quantity(round(self.wait), 'second')}"
                cure = (
                    "start some with `dask worker ADDRESS`, or wait longer, `--wait SECONDS`; the same command goes on"
                )
                raise _failure("the scheduler has no worker", why, cure)


@contextmanager
def connected(address: str, probe: str | None, wait: float, say: Callable[[str], object]) -> Iterator[DaskCluster]:
    """The cluster at an address. Raises ClusterError (E435) where nobody answers, where a worker has other versions
    than this process, or does not see the file `probe`."""
    for logger in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # what goes wrong is said once, by us
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, ImportError) as fault:
        why = str(fault).partition("\n")[0] or f"no answer within {PATIENCE} seconds"
        cure = "start one with `dask scheduler`, and give the address that it prints"
        raise _failure(f"no Dask scheduler at `{address}`", why, cure) from None
    try:
        _ensure_alike(client, probe)
        yield DaskCluster(client, probe, wait, say)
    finally:
        with suppress(Exception):
            client.close(timeout=CLOSING)


def versions() -> dict[str, str]:
    """Of this process: what must be the same everywhere."""
    return {"python": ".".join(map(str, sys.version_info[:2])), **{name: version(name) for name in PACKAGES}}


def _ensure_alike(client: Client, probe: str | None) -> None:
    ours, found = versions(), client.get_versions(packages=PACKAGES)
    for who, said in {"the scheduler": found["scheduler"], **found["workers"]}.items():
        packages = said["packages"]
        theirs = {name: packages.get(name) or "none" for name in ours}
        theirs["python"] = ".".join(packages["python"].split(".")[:2])
        _ensure_same(who, ours, theirs)
    if probe is not None:
        for worker, sees in client.run(exists, probe).items():
            _ensure_seen(worker, probe, sees)


def _ensure_same(who: str, ours: dict[str, str], theirs: dict[str, str]) -> None:
    differences = [f"{name} {theirs[name]}, here {ours[name]}" for name in ours if theirs[name] != ours[name]]
    if differences:
        message, cure = f"{who} has other versions than this process", "the same environment on every machine"
        raise _failure(message, "; ".join(differences), cure)


def _ensure_seen(worker: str, probe: str, sees: bool) -> None:
    if not sees:
        why, cure = f"there is no `{probe}` where it runs", "a folder that all machines share, or a store: `s3://...`"
        raise _failure(f"{worker} does not see the inputs", why, cure)


def _failure(message: str, why: str, cure: str) -> ClusterError:
    return ClusterError([Diagnostic("E435", message, why=why, help=cure)])


class JobPlugin(WorkerPlugin):  # type: ignore[misc]
    """A job as it lies in a worker: its network is made when the first task comes."""

    def __init__(self, name: str, job: Job, versions: dict[str, str], probe: str | None) -> None:
        self.name, self.job, self.versions, self.probe = name, job, versions, probe

    def setup(self, worker: Any) -> None:
        self.lock, self.address = Lock(), worker.address
        self.worker: Worker | None = None

    def run(self, task: Task) -> Shard:
        with self.lock:
            if self.worker is None:
                _ensure_same(self.address, self.versions, versions())  # it may have joined later
                if self.probe is not None:
                    _ensure_seen(self.address, self.probe, exists(self.probe))
                self.worker = Worker(self.job)
        return self.worker.run(task)


def work(name: str, task: Task) -> Shard:
    """Carry out a task, in a worker that has the plugin."""
    shard: Shard = get_worker().plugins[name].run(task)
    return shard
