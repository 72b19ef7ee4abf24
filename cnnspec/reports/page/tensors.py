"""Every array of a network that has run, by numbers that the page uses, too."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph.array import Array
from ...graph.graph import INPUT, Graph, Step
from ..inspection.trace import Trace


class Tensors:
    """Every array of the network by a number: the layers' own, in their order, then for each input what every layer
    made of it, `input` first. Views share the memory of their owner."""

    def __init__(self, graph: Graph, traces: Sequence[Trace]) -> None:
        self.graph = graph
        names = [INPUT, *(step.name for step in graph.steps)]
        own = list(graph.tensors)
        self.own = {name: i for i, name in enumerate(own)}
        self.made = [
            {name: len(own) + run * len(names) + i for i, name in enumerate(names)} for run in range(len(traces))
        ]
        self.arrays: list[Array] = [traces[0].tensors[name] for name in own]
        self.arrays += [trace.values[name] for trace in traces for name in names]
        self.owner = list(range(len(self.arrays)))
        for made in self.made:
            for name in names:
                self.owner[made[name]] = made[graph.storage[name]]

    def of(self, step: Step) -> set[int]:
        """The owners of all that a layer reads and gives, for every input."""
        found = {self.own[f"{step.name}.{key}"] for key in step.tensors}
        for made in self.made:
            found.update(self.owner[made[name]] for name in (*step.inputs, step.name))
        return found

    def number(self, step: Step, run: int, of: int | str) -> int:
        """The tensor that an explanation of the step calls so."""
        return self.made[run][step.inputs[of]] if isinstance(of, int) else self.own[f"{step.name}.{of}"]
