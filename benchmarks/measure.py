"""Timing of one workload on several engines, turn by turn."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .engines import engine
from .processes import Child, Failed
from .workload import Workload

TOLERANCE = 1e-3
"""Errors allowed, in parts of the largest expected value."""
PAUSE = 0.03
"""Seconds between turns: threads of the engine before may still spin."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: rounds, seconds a round and engine, and seconds after which a slow engine sits out."""

    rounds: int = 9
    seconds: float = 0.25
    patience: float = 20.0
    most: int = 500
    """Calls a round."""


@dataclass(slots=True)
class Result:
    """An engine's timing. Seconds are those of one call with the whole batch; `failure` says why there are none."""

    engine: str
    way: str
    failure: str = ""
    error: float | None = None
    import_seconds: float | None = None
    load_seconds: float | None = None
    peak_bytes: int | None = None
    rounds: list[dict[str, float]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    pools: list[dict[str, Any]] = field(default_factory=list)

    @property
    def seconds(self) -> float | None:
        """The median over rounds of a round's median: a burst of other work on the machine spoils few rounds."""
        return median(found["median"] for found in self.rounds) if self.rounds else None

    @property
    def spent(self) -> float:
        return sum(found["total"] for found in self.rounds)


def turns(count: int, rounds: int) -> Iterator[list[int]]:
    """Who runs when: each round everyone once (A B C, B C A, ...), so that nobody always runs behind the same."""
    for start in range(rounds):
        yield [(start + i) % count for i in range(count)]


def contestants(names: Iterable[str], work: Workload) -> list[Result]:
    """An empty result for each way to use each engine; those with too much to do are noted as such."""
    found = []
    for name in names:
        known = engine(name)
        slow = work.macs * work.batch > known.LARGEST
        failure = f"left out: over {known.LARGEST:.0g} multiply-accumulates" if slow else ""
        found += [Result(name, way, failure) for way in known.WAYS[: 1 if slow else None]]
    return found


def measure(work: Workload, names: Sequence[str], threads: int, effort: Effort) -> list[Result]:
    """Load the workload on all engines, check what they compute, then time them in turn."""
    results = contestants(names, work)
    with ExitStack() as stack:
        ready: list[tuple[Result, Child]] = []
        for result in results:
            if not result.failure:
                child = stack.enter_context(Child(os.environ))
                _start(result, child, work, threads)
                ready += [(result, child)] if not result.failure else []
        time_all(ready, effort)
    return results


def time_all(ready: Sequence[tuple[Result, Child]], effort: Effort) -> None:
    """Let all that are ready take turns, and ask each for its facts behind them."""
    for order in turns(len(ready), effort.rounds):
        for i in order:
            take_turn(*ready[i], effort)
    for result, child in ready:
        finish(result, child)


def _start(result: Result, child: Child, work: Workload, threads: int) -> None:
    try:
        taken = child.ask(
            "load",
            name=result.engine,
            way=result.way,
            spec=work.spec,
            batch=work.batch,
            macs=work.macs,
            folder=str(work.folder),
            threads=threads,
        )
        result.import_seconds, result.load_seconds = taken["import_seconds"], taken["load_seconds"]
        result.error = child.ask("check")
    except Failed as failure:
        result.failure = str(failure)
        return
    if result.error is None or not result.error < TOLERANCE:
        result.failure = f"wrong: off by {result.error:.1e} of the largest value"


def take_turn(result: Result, child: Child, effort: Effort) -> None:
    if result.failure or result.spent > effort.patience:
        return
    time.sleep(PAUSE)
    try:
        result.rounds.append(child.ask("round", seconds=effort.seconds, most=effort.most))
    except Failed as failure:
        result.failure = str(failure)


def finish(result: Result, child: Child) -> None:
    if result.failure:
        return
    try:
        found = child.ask("facts")
    except Failed as failure:
        result.failure = str(failure)
        return
    result.peak_bytes, result.versions, result.pools = found["peak_bytes"], found["versions"], found["pools"]
