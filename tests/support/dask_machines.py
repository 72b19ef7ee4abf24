"""A Dask scheduler and workers, each a process, started as people start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checkout import ROOT
from waiting import until

SUPPORT = ROOT / "tests" / "support"


class Machines:
    """A scheduler at `address`, and workers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--scheduler-file", str(file))
        until(file.exists)
        until(lambda: bool(file.read_text()))
        self.address = str(json.loads(file.read_text())["address"])

    def _start(self, program: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *more]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{SUPPORT}"}
        with (self.folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)

    def join(self) -> subprocess.Popen[bytes]:
        """A worker with one thread, in a folder of its own, without a nanny that would start another in its place."""
        worker = self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny")
        self.workers.append(worker)
        return worker

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            self.kill(process)


@contextmanager
def machines(folder: Path, workers: int) -> Iterator[Machines]:
    folder.mkdir()
    started = Machines(folder)
    try:
        for _ in range(workers):
            started.join()
        yield started
    finally:
        started.end()
