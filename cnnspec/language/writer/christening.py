"""Names for the steps of a graph that came without: each kind counted in its scope, as a spec that is read counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ...graph.graph import Graph, Step


def christened(graph: Graph, told: Mapping[str, str]) -> Graph:
    """The graph under new names: those told of steps by their old ones, counted ones for all others.

    A step in a labelled use of a block is called after the label; what is told of it begins so.
    """
    labels = {use.label for step in graph.steps for use in step.calls if use.label}
    taken = {*told.values(), *labels}
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for step in graph.steps:
        names[step.name] = told.get(step.name) or _counted(step, counts, taken)
    steps = (
        step._replace(name=names[step.name], inputs=tuple(names.get(name, name) for name in step.inputs))
        for step in graph.steps
    )
    return Graph(graph.input, tuple(steps), tuple(names.get(name, name) for name in graph.outputs))


def _counted(step: Step, counts: Counter[str], taken: set[str]) -> str:
    label = next((use.label for use in reversed(step.calls) if use.label), "")
    stem = f"{label}.{step.kind}" if label else step.kind
    while True:
        counts[stem] += 1
        name = f"{stem}{counts[stem]}"
        if name not in taken:
            return name
