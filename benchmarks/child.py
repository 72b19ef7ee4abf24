"""The process that an engine runs in: `python -m benchmarks.child` answers requests in JSON, one a line.

A request is {"do": name of a method of `Session`, **its arguments}, an answer {"value": ...} or {"error": ...}.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import IO, Any

from .engines import engine
from .workload import Workload, ends

COLD = 0.05
"""Seconds: a call that takes less is worth repeating untimed, after other processes have used the caches."""


class Session:
    """One engine with one workload."""

    def prepare(self) -> None:
        """Compile the kernels of cnnspec's compiled backend that are not kept on this machine yet."""
        from cnnspec.engine.backends import chain

        chain("numba").backends[0].prepare()

    def load(
        self, name: str, way: str, spec: str, batch: int, macs: int, folder: str, threads: int
    ) -> dict[str, float]:
        """Import the engine and load the network; seconds that each took."""
        import numpy as np

        self.engine = engine(name)
        self.work = Workload(spec, batch, macs, Path(folder))
        start = perf_counter()
        self.engine.limit(threads)
        imported = perf_counter()
        self.run = self.engine.load(self.work, threads, way)
        loaded = perf_counter()
        self.x = np.load(self.work.input)
        return {"import_seconds": imported - start, "load_seconds": loaded - imported}

    def check(self) -> float:
        """Largest error of the first run, in parts of the largest expected value."""
        import numpy as np

        expected = np.load(self.work.expected)
        start = perf_counter()
        found = self.run(self.x)
        self.last = perf_counter() - start
        if found.shape[1:] != expected.shape[1:] or len(found) != len(self.x):
            raise ValueError(f"an output of shape {found.shape}, expected {(len(self.x), *expected.shape[1:])}")
        error = float(np.abs(ends(found) - expected).max() / np.abs(expected).max())
        return error if np.isfinite(error) else 1e300

    def round(self, seconds: float, most: int) -> dict[str, float]:
        """Time calls until `seconds` have passed or `most` are done, at least one."""
        found = timed(lambda: self.run(self.x), self.last, seconds, most)
        self.last = found["median"]
        return found

    def facts(self) -> dict[str, Any]:
        """Peak memory of the whole process, versions, and the thread pools in it. A package that only compiles is
        imported last, for its version."""
        found = {"peak_bytes": peak_bytes(), "pools": list(pools())}
        return found | {"versions": {name: str(import_module(name).__version__) for name in self.engine.PACKAGES}}


def timed(call: Callable[[], object], last: float, seconds: float, most: int) -> dict[str, float]:
    """Time calls until `seconds` have passed or `most` are done, at least one. The `last` one took so many seconds.

    `processor` is the processor time of a call, over all threads: on a busy machine it means more than the clock.
    """
    if last < COLD:
        call()
    times: list[float] = []
    gc.collect()
    gc.disable()
    start, busy = perf_counter(), process_time()
    while not times or (len(times) < most and perf_counter() - start < seconds):
        before = perf_counter()
        call()
        times.append(perf_counter() - before)
    busy = process_time() - busy
    gc.enable()
    found = {"calls": len(times), "median": median(times), "least": min(times), "total": sum(times)}
    return found | {"processor": busy / len(times)}


def peak_bytes() -> int:
    """The most memory that this process has had.

    `ru_maxrss` alone would not do on Linux: there a process inherits the mark of the one that started it.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def pools() -> Iterator[dict[str, Any]]:
    """What threadpoolctl knows of the libraries in this process, without their paths."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return
    for pool in threadpool_info():
        yield {key: value for key, value in pool.items() if key not in ("filepath", "prefix")}


def main(session: object) -> None:
    """Answer requests until standard input ends. What engines print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, answers, session)


def serve(requests: IO[str], answers: IO[str], session: object) -> None:
    for line in requests:
        request = json.loads(line)
        try:
            answer = {"value": getattr(session, request.pop("do"))(**request)}
        except Exception as error:
            # Engines fail in many ways; which ones is a result, too.
            answer = {"error": f"{type(error).__name__}: {error}".partition("\n")[0][:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(Session())
