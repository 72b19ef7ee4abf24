"""Plain execution: each layer's own `forward`, in order. Slow and readable; the definition of what a spec computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..graph.array import Array
from ..graph.graph import INPUT, Graph


def execute(graph: Graph, tensors: Mapping[str, Array], x: Array) -> Iterator[tuple[str, Array]]:
    """Every step's name and output (N, *shape) for x (N, C, H, W). Outputs are dropped once nothing needs them."""
    live = {INPUT: x}
    last = {name: i for i, step in enumerate(graph.steps) for name in step.inputs}
    for i, step in enumerate(graph.steps):
        own = {key: tensors[f"{step.name}.{key}"] for key in step.tensors}
        output = step.layer.forward(*(live[name] for name in step.inputs), **own)
        yield step.name, output
        live[step.name] = output
        for name in step.inputs:
            if last[name] == i:
                live.pop(name, None)
