"""The dominator of a step is the last tensor that every path to it goes through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import Graph
from cnnspec.language.writer.dominators import dominators
from cnnspec.layers import find

networks = st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3), min_size=1, max_size=30)


def network(inputs: list[list[int]]) -> Graph:
    """A network whose step n reads the steps of these numbers, which are taken to lie before it; 0 is the input."""
    builder = GraphBuilder((1, 2, 2))
    names = ["input"]
    for number, read in enumerate(inputs, 1):
        arriving = [names[each % number] for each in read]
        layer = find("add" if len(read) > 1 else "relu")()
        names.append(builder.add(layer, arriving, f"n{number}").name)
    return builder.build([names[-1]])


@given(networks)
def test_last_tensor_on_every_path(inputs: list[list[int]]) -> None:
    graph = network(inputs)
    numbers = {"input": 0} | {step.name: number for number, step in enumerate(graph.steps, 1)}
    on_every_path = [{0}]
    for number, step in enumerate(graph.steps, 1):
        on_every_path.append(set.intersection(*(on_every_path[numbers[name]] for name in step.inputs)) | {number})
    assert dominators(graph) == [0, *(max(on_every_path[n] - {n}) for n in range(1, len(graph.steps) + 1))]
