"""The dominator of a step is the last tensor that every path to it goes through."""

from __future__ import annotations

from hypothesis import given
from wired import network, wirings

from cnnspec.language.writer.dominators import dominators


@given(wirings)
def test_last_tensor_on_every_path(inputs: list[list[int]]) -> None:
    graph = network(inputs)
    numbers = {"input": 0} | {step.name: number for number, step in enumerate(graph.steps, 1)}
    on_every_path = [{0}]
    for number, step in enumerate(graph.steps, 1):
        on_every_path.append(set.intersection(*(on_every_path[numbers[name]] for name in step.inputs)) | {number})
    assert dominators(graph) == [0, *(max(on_every_path[n] - {n}) for n in range(1, len(graph.steps) + 1))]
