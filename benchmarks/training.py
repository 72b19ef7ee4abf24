"""Time steps of training beside PyTorch's: forward, loss, backward, SGD with momentum.

Each trainer runs in its own process, without variables such as OPENBLAS_CORETYPE in its environment, from the same
values and on the same batch. The first loss and its gradients must agree before anything is timed. They take turns.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

from . import report
from .__main__ import describe, is_fault
from .measure import Effort, Result, time_all
from .processes import Child, Failed, prepare_kernels
from .report import COMPILED, OURS
from .trainers import WAYS, Values

MODULE = "benchmarks.trainers"
EXACT, TOLERANCE = 1e-9, 0.05
"""Distances allowed between the gradients of cnnspec and PyTorch in float64, and between those in float32, which many
layers of batch norm and bends of relu6 blow up, and in float64."""


class Lesson(NamedTuple):
    """A bundled network, the batch that it learns, and its input where that is another than the spec's own."""

    spec: str
    batch: int
    input: tuple[int, int, int] | None = None


LESSONS = (
    Lesson("lenet5", 64),
    Lesson("resnet20_cifar", 64),
    Lesson("mobilenet_v2", 32, (3, 32, 32)),
    Lesson("unet", 8, (3, 64, 64)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when the trainers disagree, or cnnspec failed."""
    options = parse(arguments)
    prepare_kernels()
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
    """Compare the trainers' first steps, then time them in turn."""
    results = [Result(name, way) for name, ways in WAYS.items() for way in ways]
    exact = [_alone(Result(name, WAYS[name][0]), lesson) for name in ("pytorch", OURS)]
    with ExitStack() as stack:
        children = [stack.enter_context(Child(os.environ, MODULE)) for _ in results]
        for result, child in zip(results, children, strict=True):
            found = first_step(result, child, lesson, threads, "float32")
            result.error = distance(found, exact[0])
            off = max(
                result.error / TOLERANCE,
                distance(exact[1], exact[0]) / EXACT if result.engine in (OURS, COMPILED) else 0,
            )
            if not result.failure and not off < 1:
                result.failure = f"wrong: {off:.1e} times as far from the exact gradients as is allowed"
        ready = [(r, child) for r, child in zip(results, children, strict=True) if not r.failure]
        time_all(ready, effort)
    return results


def _alone(result: Result, lesson: Lesson) -> Values:
    """A trainer's first step in float64, in a process that ends with it."""
    with Child(os.environ, MODULE) as child:
        return first_step(result, child, lesson, 1, "float64")


def first_step(result: Result, child: Child, lesson: Lesson, threads: int, dtype: str) -> Values:
    """The loss of the first step, under the name "", and its gradients; nothing where it fails."""
    import numpy as np

    asked = lesson._asdict() | {"name": result.engine, "way": result.way, "threads": threads, "dtype": dtype}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gradients.npz"
        try:
            result.load_seconds = child.ask("load", **asked)["load_seconds"]
            loss = child.ask("first", file=str(file))
        except Failed as failure:
            result.failure = str(failure)
            return {}
        with np.load(file) as arrays:
            return {"": np.array(loss), **arrays}


def distance(found: Values, exact: Values) -> float:
    """How far all values are from the exact ones, in parts of their length; huge where there are others, or NaN."""
    if found.keys() != exact.keys() or not exact:
        return 1e300
    off = sum(float(((found[name] - values) ** 2).sum()) for name, values in exact.items())
    length = sum(float((values**2).sum()) for values in exact.values())
    return sqrt(off / length) if off < 1e300 else 1e300


if __name__ == "__main__":
    sys.exit(main())
