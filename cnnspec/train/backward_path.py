"""The way through a network in training, known without NumPy: who takes part, and when what they hand on is let go."""

from __future__ import annotations

from collections.abc import Collection

from ..graph.graph import Graph, Step


class BackwardPath:
    """The steps of a graph of one output, for the names of the tensors that are `learned`.

    A layer that has tensors of which none is learned is `frozen`: it runs as it does outside training. The way back
    leads through the layers `on_the_way`: behind the first that learns, nothing goes back any further. `dying` are the
    names that no step needs any more, for each step.
    """

    def __init__(self, graph: Graph, learned: Collection[str]) -> None:
        (self.output,) = graph.outputs
        self.steps = graph.until(self.output).steps
        self.frozen = {step.name for step in self.steps if step.tensors and not _learns(step, learned)}
        self.on_the_way: set[str] = set()
        for step in self.steps:
            if _learns(step, learned) or self.on_the_way.intersection(step.inputs):
                self.on_the_way.add(step.name)
        last = {name: i for i, step in enumerate(self.steps) for name in step.inputs}
        self.dying = [[name for name in set(s.inputs) if last[name] == i] for i, s in enumerate(self.steps)]


def _learns(step: Step, learned: Collection[str]) -> bool:
    return any(f"{step.name}.{key}" in learned for key in step.tensors)
