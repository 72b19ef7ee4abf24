"""Time steps of training beside PyTorch's: forward, loss, backward, SGD with momentum.

Each trainer runs in its own process, without variables such as OPENBLAS_CORETYPE in its environment, from the same
values and on the same batch. The first loss and its gradients must agree before anything is timed; they take turns.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from . import report
from .__main__ import describe, is_fault
from .measure import Effort, Result, finish, take_turn, turns
from .processes import Child, Failed
from .trainers import WAYS

TOLERANCE = 2e-3
"""Differences allowed between the trainers' losses and gradients, in parts of a tensor's largest gradient."""


class Lesson(NamedTuple):
    """A bundled network, the batch that it learns, and its input where that is another than the spec's own."""

    spec: str
    batch: int
    input: tuple[int, int, int] | None = None


LESSONS = (Lesson("lenet5", 64), Lesson("resnet20_cifar", 64), Lesson("mobilenet_v2", 32, (3, 32, 32)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when the trainers disagree, or cnnspec failed."""
    options = parse(arguments)
    found = report.Report(describe())
    chosen = [lesson for lesson in LESSONS if not options.networks or lesson.spec in options.networks]
    for lesson in chosen:
        for threads in options.threads:
            print(f"{lesson.spec}, batch {lesson.batch}, threads {threads}", file=sys.stderr, flush=True)
            results = measure(lesson, threads, options.effort)
            found.cases.append(report.Case(lesson.spec, lesson.batch, threads, results))
            if options.output:
                options.output.write_text(report.json_text(found), encoding="utf-8")
            if options.markdown:
                options.markdown.write_text(report.markdown_text(found), encoding="utf-8")
    print(report.markdown_text(found), end="")
    return int(any(is_fault(result) for case in found.cases for result in case.results))


def parse(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=[lesson.spec for lesson in LESSONS], help="default: all")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="default: 1 2")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each trainer, default: 9")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables that are printed")
    options = parser.parse_args(arguments)
    options.effort = Effort(options.rounds, seconds=0.5)
    return options


def measure(lesson: Lesson, threads: int, effort: Effort) -> list[Result]:
    """Start all trainers, compare their first steps, then time them in turn."""
    results = [Result(name, way) for name, ways in WAYS.items() for way in ways]
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in results]
        children = [stack.enter_context(Child(os.environ, "benchmarks.trainers")) for _ in results]
        firsts = [_first(*each, lesson, threads) for each in zip(results, children, folders, strict=True)]
        for result, first in zip(results[1:], firsts[1:], strict=True):
            if firsts[0] is not None and first is not None:
                result.error = results[0].error = difference(firsts[0], first)
                if not result.error < TOLERANCE:
                    result.failure = f"wrong: gradients differ by {result.error:.1e} of the largest"
        ready = [(r, child) for r, child in zip(results, children, strict=True) if not r.failure]
        for order in turns(len(ready), effort.rounds):
            for i in order:
                take_turn(*ready[i], effort)
        for result, child in ready:
            finish(result, child)
    return results


def _first(result: Result, child: Child, folder: str, lesson: Lesson, threads: int) -> dict[str, Any] | None:
    """The first step's loss, under the name "", and its gradients."""
    import numpy as np

    asked = lesson._asdict() | {"name": result.engine, "way": result.way, "threads": threads, "folder": folder}
    try:
        result.load_seconds = child.ask("load", **asked)["load_seconds"]
        loss = child.ask("first")
    except Failed as failure:
        result.failure = str(failure)
        return None
    with np.load(Path(folder) / f"{result.engine}.npz") as arrays:
        return {"": np.array(loss), **arrays}


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """The largest difference of any value, in parts of the largest value of its tensor; huge where names differ.

    A gradient that is 0 but for rounding, as that of a bias before a batch norm, is held against the largest of all.
    """
    if ours.keys() != theirs.keys():
        return 1e300
    least = 1e-3 * max(float(abs(values).max()) for values in theirs.values())
    found = [abs(values - ours[name]).max() / max(abs(values).max(), least) for name, values in theirs.items()]
    return float(max(found)) if all(value == value for value in found) else 1e300


if __name__ == "__main__":
    sys.exit(main())
