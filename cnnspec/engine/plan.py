"""The compiled network: a program of operations and the moment at which each tensor is dropped."""

from __future__ import annotations

from collections.abc import Mapping

from ..graph import INPUT, Graph
from ..kernels.windows import Array
from .passes import Program, fold, program


class Plan:
    """Runs a graph with given weights. Safe to call from several threads: a run keeps its tensors to itself."""

    def __init__(self, graph: Graph, tensors: Mapping[str, Array]) -> None:
        self.outputs = graph.outputs
        self.operations = fold(program(graph, tensors), graph.outputs)
        self.dies = _deaths(self.operations, graph.outputs)

    def run(self, x: Array) -> dict[str, Array]:
        """The outputs by name, each (N, *shape), for x (N, C, H, W)."""
        live = {INPUT: x}
        for operation, dying in zip(self.operations, self.dies, strict=True):
            inputs = (live[name] for name in operation.inputs)
            live[operation.name] = operation.layer.forward(*inputs, **operation.arrays)
            for name in dying:
                del live[name]
        return {name: live[name] for name in self.outputs}


def _deaths(operations: Program, outputs: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """For each operation the tensors that nothing needs after it."""
    last = {name: i for i, operation in enumerate(operations) for name in operation.inputs}
    return tuple(
        tuple(name for name in dict.fromkeys(operation.inputs) if last[name] == i and name not in outputs)
        for i, operation in enumerate(operations)
    )
