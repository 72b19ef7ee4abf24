"""Steps in reading order: each branch whole, before the next one of its join."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from wired import network, wirings

from cnnspec.graph.graph import INPUT, Graph
from cnnspec.language.writer.reading_order import in_reading_order


def names(graph: Graph) -> list[str]:
    return [step.name for step in graph.steps]


def test_branches_stand_behind_each_other() -> None:
    """An exporter goes over the branches of a join in turn."""
    across = network([[0], [1], [1], [2], [3], [5, 4], [1], [6, 7]])
    assert names(in_reading_order(across)) == ["n1", "n3", "n5", "n2", "n4", "n6", "n7", "n8"]


def test_the_first_input_comes_first() -> None:
    assert names(in_reading_order(network([[0], [0], [2, 1]]))) == ["n2", "n1", "n3"]


@given(wirings)
def test_the_network_stays_what_it_is(inputs: list[list[int]]) -> None:
    graph = network(inputs)
    ordered = in_reading_order(graph)
    assert ordered.by_name == graph.by_name
    assert (ordered.input, ordered.outputs) == (graph.input, graph.outputs)
    known = {INPUT}
    for step in ordered.steps:
        assert known.issuperset(step.inputs)
        known.add(step.name)


@given(wirings, st.randoms(use_true_random=False))
def test_any_order_that_runs_gives_the_same(inputs: list[list[int]], random: Random) -> None:
    graph = network([*inputs, list(range(len(inputs) + 1))])  # the last step reads all others
    left, known, shuffled = [*graph.steps], {INPUT}, []
    while left:
        able = [step for step in left if known.issuperset(step.inputs)]
        step = random.choice(able)
        left.remove(step)
        known.add(step.name)
        shuffled.append(step)
    other = Graph(graph.input, tuple(shuffled), graph.outputs)
    assert names(in_reading_order(other)) == names(in_reading_order(graph))
