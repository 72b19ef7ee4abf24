"""Runs over many images: how fast, how they scale, how much memory they take, and whether they survive.

`python -m benchmarks.many` makes images in tar archives, and times in turn: `run` over a folder as it prints lines,
one process that makes shards, processes, and workers of Dask. `--kills` instead runs over all of them with workers of
Dask of which one is killed again and again, and compares the shards with those of one process. Linux and macOS.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from cnnspec import load
from cnnspec.graph.layer import image
from cnnspec.reports.drawing.markdown_table import table
from cnnspec.spec import bundled
from cnnspec.weights import initial, save

ARCHIVE = 500
"""Images in a tar archive."""
HEAD = ("how", "images/s", "of processor time", "beside one of its kind", "command, MB")


class Taken(NamedTuple):
    """What a process took, with those that it began: seconds, seconds of processor time, bytes of the largest."""

    seconds: float
    processor: float
    peak: int


def encoded(number: int, side: int, channels: int) -> bytes:
    """An image of its own for each number, smooth as photographs are: PNG where it is small, else JPEG."""
    coarse = np.random.default_rng(number).integers(0, 256, (8, 8, channels), np.uint8)
    picture = Image.fromarray(coarse.squeeze()).resize((side, side))
    stream = io.BytesIO()
    picture.save(stream, "PNG" if side < 64 else "JPEG")
    return stream.getvalue()


def write(folder: Path, count: int, side: int, channels: int, with_files: bool) -> None:
    """The images in archives, and, if they are wanted, as files in `files`."""
    (folder / "files").mkdir()
    for first in range(0, count, ARCHIVE):
        with tarfile.open(folder / f"{first // ARCHIVE:05}.tar", "w") as archive:
            for number in range(first, min(first + ARCHIVE, count)):
                data, name = encoded(number, side, channels), f"{number:07}.{'png' if side < 64 else 'jpg'}"
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
                if with_files:
                    (folder / "files" / name).write_bytes(data)


def run(folder: Path, *words: str) -> Taken:
    """`cnnspec run` over something in the folder."""
    start = time.monotonic()
    process = started(folder, *words)
    taken = ended(process, start, 0)
    assert taken
    assert process.returncode == 0
    return taken


def started(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cnnspec", "run", "net.yaml", "--weights", "net.safetensors", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)


def ended(process: subprocess.Popen[bytes], start: float, options: int) -> Taken | None:
    """What a process took that began at `start`; None where it has not ended, and the options do not wait for it."""
    pid, status, used = os.wait4(process.pid, options)
    if not pid:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Taken(time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


class Cluster(NamedTuple):
    """A scheduler's file, its processes and those of its workers, and what starts one more worker."""

    file: str
    processes: list[subprocess.Popen[bytes]]
    join: Callable[[], subprocess.Popen[bytes]]

    @property
    def address(self) -> str:
        return str(json.loads(Path(self.file).read_text())["address"])

    def processor(self) -> float:
        """Seconds of processor time that all of them have taken so far."""
        from psutil import Process  # comes with Dask

        return sum(sum(Process(each.pid).cpu_times()[:2]) for each in self.processes)


@contextmanager
def dask(folder: Path, count: int) -> Iterator[Cluster]:
    """A scheduler with so many workers."""
    processes: list[subprocess.Popen[bytes]] = []
    place = folder / f"dask-{count}"
    place.mkdir()
    file = place / "scheduler.json"
    with ExitStack() as ending, (place / "log").open("ab") as log:

        def start(program: str, *words: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *words]
            process = subprocess.Popen(command, cwd=place, stdout=log, stderr=log)
            ending.callback(process.wait)
            ending.callback(process.kill)
            processes.append(process)
            return process

        def join() -> subprocess.Popen[bytes]:
            return start("dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny")

        start("dask_scheduler", "--port", "0", "--scheduler-file", str(file))
        while not file.exists() or not file.read_text():
            time.sleep(0.1)
        for _ in range(count):
            join()
        time.sleep(5)  # they are no part of what is timed
        yield Cluster(str(file), processes, join)


def timings(folder: Path, count: int, rounds: int, say: Callable[[str], object]) -> Iterator[list[str]]:
    """Rows of the table. Every way has a turn in each round; given are medians."""
    archives = f"{{{0:05}..{count // ARCHIVE - 1:05}}}.tar"
    with dask(folder, 1) as one, dask(folder, 2) as two:
        clusters = {"`--dask`, one worker": one, "`--dask`, two workers": two}
        ways = {
            "`run` over a folder, lines of JSON": ("files", "--format", "json", "--threads", "1"),
            "one process": (archives, "--threads", "1"),
            "`--workers 1`": (archives, "--threads", "1", "--workers", "1"),
            "`--workers 2`": (archives, "--threads", "1", "--workers", "2"),
            **{way: (archives, "--dask", cluster.address) for way, cluster in clusters.items()},
        }
        taken: dict[str, list[Taken]] = {way: [] for way in ways}
        for number in range(rounds):
            for place, (way, words) in enumerate(ways.items()):
                out = () if "json" in words else ("--out", f"out-{number}-{place}.parquet")
                cluster = clusters.get(way)
                before = cluster.processor() if cluster else 0.0
                found = run(folder, *words, *out)
                others = cluster.processor() - before if cluster else 0.0
                taken[way].append(found._replace(processor=found.processor + others))
                processor = taken[way][-1].processor
                say(f"round {number + 1}, {way}: {found.seconds:.1f} s, {processor:.1f} s of processor time")
        for way, turns in taken.items():
            speed = count / statistics.median(each.seconds for each in turns)
            rate = count / statistics.median(each.processor for each in turns)
            bases = taken["`--dask`, one worker" if way in clusters else "one process"]
            ratios = [base.seconds / each.seconds for base, each in zip(bases, turns, strict=True)]
            peak = f"{max(each.peak for each in turns) / 1e6:,.0f}"
            yield [way, f"{speed:,.0f}", f"{rate:,.0f}", f"{statistics.median(ratios):.2f}", peak]


def survives(folder: Path, count: int, every: float, say: Callable[[str], object]) -> bool:
    """Whether two workers of Dask, of which one is killed and replaced again and again, come to the shards of one
    process."""
    archives = f"{{{0:05}..{count // ARCHIVE - 1:05}}}.tar"
    alone = run(folder, archives, "--out", "alone.parquet")
    say(f"one process: {alone.seconds:.0f} s, {alone.peak / 1e6:.0f} MB")
    few = run(folder, f"{{{0:05}..{max(count // ARCHIVE // 10 - 1, 0):05}}}.tar", "--out", "few.parquet")
    say(f"a tenth of the images: {few.seconds:.0f} s, {few.peak / 1e6:.0f} MB")
    with dask(folder, 0) as cluster:
        workers, kills = [cluster.join(), cluster.join()], 0
        start = time.monotonic()
        running = started(folder, archives, "--out", "killed.parquet", "--dask", cluster.address)
        while not (taken := ended(running, start, os.WNOHANG)):
            time.sleep(random.uniform(0.5, 1.5) * every)
            victim = workers.pop(random.randrange(len(workers)))
            victim.send_signal(signal.SIGKILL)
            workers.append(cluster.join())
            kills += 1
        say(f"{kills} workers killed: {taken.seconds:.0f} s, {taken.peak / 1e6:.0f} MB, exit code {running.returncode}")
    names = sorted(path.name for path in (folder / "alone.parquet").glob("part-*"))
    pairs = ((folder / "alone.parquet" / name, folder / "killed.parquet" / name) for name in names)
    return running.returncode == 0 and all(ours.read_bytes() == theirs.read_bytes() for ours, theirs in pairs)


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--network", default="lenet5", help="a bundled network, with random weights")
    parser.add_argument("--images", type=int, default=10_000, help="a multiple of 500")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=float, metavar="SECONDS", help="kill a worker about every so many seconds")
    asked = parser.parse_args(given)

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, asked)
        if asked.kills:
            is_same = survives(folder, asked.images, asked.kills, say)
            print("the shards are those of one process" if is_same else "the shards differ")
            return 0 if is_same else 1
        print("\n".join(table(HEAD, HEAD[1:], list(timings(folder, asked.images, asked.rounds, say)))))
    return 0


def prepare(folder: Path, asked: Any) -> None:
    """The network as a file, weights and images."""
    spec = load(asked.network)
    for file in filter(Path.is_file, bundled.folder().iterdir()):  # what the spec names lies beside it
        shutil.copy(file, folder)
    (folder / f"{asked.network}.yaml").rename(folder / "net.yaml")
    save(initial(spec.graph.tensors, "he", 0), folder / "net.safetensors")
    channels, side, _ = image(spec.graph.input)
    write(folder, asked.images, side, channels, with_files=not asked.kills)


if __name__ == "__main__":
    raise SystemExit(main())
