"""What the compiled backend expects of its kernels beside what they take: its cost model against measurement.

    python -m benchmarks.costs mobilenet_v2 resnet18

Only ratios decide between kernels, so the spread matters, not the mean: an operation that is expected to take twice as
long as others that take as long as it does is one for which another kernel may be chosen wrongly. Times are those of
the processor, of one thread and one image, medians; each operation finds the caches as the one before it left them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

from cnnspec import load
from cnnspec.reports.drawing.markdown_table import table

from .report import digits, geometric_mean

LEAST = 20e-6
"""Seconds: what takes less is mostly calls."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs", description=__doc__)
    parser.add_argument("networks", nargs="*", default=["mobilenet_v2", "resnet18", "densenet121"])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    rows = [row for network in options.networks for row in spreads(network, options.rounds)]
    titles = ("network", "kernel", "operations", "expected / taken", "least", "most", "share of the time")
    print("\n".join(table(titles, titles[2:], rows)))
    return 0


def spreads(network: str, rounds: int) -> Iterator[tuple[str, ...]]:
    """For each kernel, or kernels that are joined: how expected and taken times compare."""
    found = timed(network, rounds)
    whole = sum(taken for _, _, taken in found)
    for kernel in sorted({kernel for kernel, _, _ in found}):
        pairs = [(expected / taken, taken) for name, expected, taken in found if name == kernel and taken >= LEAST]
        if pairs:
            ratios = [ratio for ratio, _ in pairs]
            mean = geometric_mean(ratios) or 0.0
            share = sum(taken for _, taken in pairs) / whole
            yield (
                network,
                kernel,
                str(len(pairs)),
                digits(mean),
                digits(min(ratios)),
                digits(max(ratios)),
                f"{share:.0%}",
            )


def timed(network: str, rounds: int) -> list[tuple[str, float, float]]:
    """Each operation's kernels, and the seconds that are expected and taken."""
    import numpy as np

    from cnnspec.engine.compiled import BoundPlan
    from cnnspec.engine.passes import Wanted, optimise
    from cnnspec.engine.program import program
    from cnnspec.kernels.strips import Scratch
    from cnnspec.weights import initial

    spec = load(network)
    model = spec.compile(initial(spec.graph.tensors, "he", 0), threads=1, backend="numba")
    compiled = model.plan.compiled
    plan = BoundPlan(compiled, 1, 1)
    operations = optimise(program(spec.graph), Wanted(spec.graph.outputs, compiled.backends))
    scratch = Scratch()
    work = [
        [call for stage in lowering.stages(plan.memory, scratch) for item in stage.items for call in item]
        for lowering in compiled.lowerings
    ]
    plan.arrival.announce(np.ones((1, *spec.graph.input), np.float32))
    taken: list[list[float]] = [[] for _ in work]
    for _ in range(rounds):
        for times, calls in zip(taken, work, strict=True):
            start = time.process_time()
            for call in calls:
                call()
            times.append(time.process_time() - start)
    kernels = [", ".join(part.kernel or "NumPy" for part in operation.each) for operation in operations]
    expected = [compiled.backends.of(operation).nanoseconds(operation) / 1e9 for operation in operations]
    return list(zip(kernels, expected, map(median, taken), strict=True))


if __name__ == "__main__":
    sys.exit(main())
