"""Time networks on cnnspec and its peers, side by side.

Every engine runs in its own process, without variables such as OPENBLAS_CORETYPE in its environment, on the same
weights. What each computes is checked before anything is timed. Engines take turns.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from cnnspec import load
from cnnspec.machine import hardware

from . import cold, report
from .engines import NAMES, missing
from .measure import Effort, measure
from .processes import prepare_kernels
from .workload import NETWORKS, prepare

QUICK = ("lenet5", "squeezenet1_1", "resnet18")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when an engine computed something else than the rest, or cnnspec failed."""
    options = parse(arguments)
    engines = [name for name in options.engines if not _absent(name)]
    prepare_kernels()
    found = report.Report(describe())
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            for batch in options.batch or NETWORKS.get(network, (1, 16)):
                work = prepare(network, batch, Path(folder) / network)
                weight_bytes = load(work.spec).graph.totals.weight_bytes
                for threads in options.threads:
                    print(f"{network}, batch {batch}, threads {threads}", file=sys.stderr, flush=True)
                    results = measure(work, engines, threads, options.effort)
                    found.cases.append(report.Case(network, batch, threads, results, work.macs * batch, weight_bytes))
                    _write(found, options)
        if options.cold:
            print("cold starts", file=sys.stderr, flush=True)
            found.starts = _starts(Path(folder), options.effort.rounds)
            _write(found, options)
    print(report.markdown_text(found), end="")
    return int(any(is_fault(result) for case in found.cases for result in case.results))


def parse(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--networks", type=_names, help="default: all that have a table entry in workload.py")
    parser.add_argument("--engines", type=_names, default=NAMES, help=f"of {', '.join(NAMES)}")
    parser.add_argument("--threads", type=_numbers, help="default: 1,2")
    parser.add_argument("--batch", type=_numbers, help="default: 1,16, for LeNet-5 1,64")
    parser.add_argument("--rounds", type=int, help="turns of each engine, default: 9")
    parser.add_argument("--quick", action="store_true", help="three networks, batch 1, one thread, three short rounds")
    parser.add_argument("--no-cold", dest="cold", action="store_false", help="leave out cold starts")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables that are printed")
    options = parser.parse_args(arguments)
    unknown = set(options.engines) - set(NAMES)
    if unknown:
        parser.error(f"no engine {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    options.networks = options.networks or (QUICK if options.quick else tuple(NETWORKS))
    options.threads = options.threads or ((1,) if options.quick else (1, 2))
    options.batch = options.batch or ((1,) if options.quick else None)
    options.effort = Effort(options.rounds or 3, seconds=0.1) if options.quick else Effort(options.rounds or 9)
    return options


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def describe() -> dict[str, Any]:
    """The machine that this runs on; `load` is how many processes wanted to run in the minute before."""
    return {
        "processor": hardware.processor().name,
        "vectors": hardware.processor().vectors,
        "cores": hardware.cores(),
        "memory": hardware.memory().usable,
        "peak": _peak(),
        "bandwidth": _bandwidth(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


LARGE = "input: {C: 64, H: 14, W: 14}\nlayers:\n" + 20 * "  - conv: {F: 1, K: 512}\n"
"""Where nothing but products is to be done."""


WIDE = "input: {C: 4096, H: 1, W: 1}\nlayers:\n  - flatten\n  - dense: {K: 8192}\n"
"""Whose weights, 134 MB, are read from memory in each call, and take part in one product each."""
CALLS = 10


def _peak() -> float | None:
    """Billions of operations for a second of processor time that the compiled backend reaches with large products. None
    without numba."""
    return _in_a_second(LARGE, lambda totals: 2 * totals.macs)


def _bandwidth() -> float | None:
    """Billions of bytes of weights that it reads in a second of processor time. None without numba."""
    return _in_a_second(WIDE, lambda totals: totals.weight_bytes)


def _in_a_second(text: str, count: Callable[[Any], int]) -> float | None:
    """Billions of what is counted of a network, in a second of the compiled backend's processor time."""
    if missing(report.COMPILED):
        return None
    import numpy as np

    from cnnspec.weights import initial

    spec = load(io.BytesIO(text.encode()))
    model = spec.compile(initial(spec.graph.tensors, "he", 0), threads=1, backend="numba")
    x = np.ones((1, *spec.graph.input), np.float32)
    best = min(timeit.repeat(lambda: model(x), timer=time.process_time, number=CALLS, repeat=20))
    return CALLS * count(spec.graph.totals) / best / 1e9


def _absent(name: str) -> bool:
    lacking = missing(name)
    if lacking:
        print(f"{name} is left out: {', '.join(lacking)} not installed (extra `bench`)", file=sys.stderr)
    return bool(lacking)


def _starts(folder: Path, rounds: int) -> list[cold.Start]:
    sample = load("lenet5").sample()
    assert isinstance(sample, Path)
    try:
        return cold.time_starts(cold.starts(prepare("lenet5", 1, folder / "lenet5"), sample), rounds)
    except CalledProcessError as error:
        print(f"{error}\n{error.stderr.decode(errors='replace')}", file=sys.stderr)
        raise


def _write(found: report.Report, options: Any) -> None:
    """After each case: what is measured so far outlives an interruption."""
    if options.output:
        options.output.write_text(report.json_text(found), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(report.markdown_text(found), encoding="utf-8")


def is_fault(result: Any) -> bool:
    return result.failure.startswith("wrong") or bool(
        result.failure and result.engine in (report.OURS, report.COMPILED)
    )


if __name__ == "__main__":
    sys.exit(main())
