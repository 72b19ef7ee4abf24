"""A graph built by hand is the one that a spec's text gives."""

from __future__ import annotations

import pytest
import random_specs
from hypothesis import given, settings

from cnnspec.diagnostics import NOWHERE
from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import Graph
from cnnspec.graph.layer import Layer, LayerError
from cnnspec.graph.shape import Shape
from cnnspec.layers import find
from cnnspec.spec import bundled, load


def layer(kind: str, **fields: object) -> Layer:
    return find(kind).model_validate(fields)


def rebuilt(graph: Graph) -> Graph:
    builder = GraphBuilder(graph.input)
    for step in graph.steps:
        builder.add(step.layer, step.inputs, step.name, step.span, step.calls)
    return builder.build(graph.outputs)


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks_are_built_again(name: str) -> None:
    graph = load(name).graph
    assert rebuilt(graph) == graph
    rebuilt(graph).verify()


@settings(deadline=None, max_examples=60)
@given(random_specs.texts())
def test_random_networks_are_built_again(text: str) -> None:
    graph = random_specs.load(text).graph
    assert rebuilt(graph) == graph


def test_a_network_without_a_text() -> None:
    builder = GraphBuilder((1, 8, 8))
    builder.add(layer("conv", F=(3, 3), K=4), ["input"], "conv")
    step = builder.add(layer("relu"), ["conv"], "relu")
    assert (step.span, step.shape, step.receptive_field) == (NOWHERE, (4, 6, 6), (3, 3))
    graph = builder.build(["relu"])
    assert [each.name for each in graph.steps] == ["conv", "relu"]
    assert graph.totals.params == 40


def test_equal_layers_at_equal_shapes_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = GraphBuilder((2, 8, 8))
    asked: list[Shape] = []
    conv = layer("conv", F=(3, 3), K=2, P=1)
    output = type(conv).output

    def counted(self: Layer, arriving: Shape) -> Shape:
        asked.append(arriving)
        return output(self, arriving)

    monkeypatch.setattr(type(conv), "output", counted)
    builder.add(conv, ["input"], "conv1")
    asked_once = [*asked]
    for i in range(1, 5):
        builder.add(conv, [f"conv{i}"], f"conv{i + 1}")
    assert asked == asked_once
    assert set(asked) == {(2, 8, 8)}


def test_what_cannot_be_built() -> None:
    builder = GraphBuilder((1, 8, 8))
    builder.add(layer("relu"), ["input"], "a")
    with pytest.raises(ValueError, match="there is a step `a` already"):
        builder.add(layer("relu"), ["a"], "a")
    with pytest.raises(KeyError):
        builder.add(layer("relu"), ["b"], "c")
    with pytest.raises(LayerError):
        builder.add(layer("dense", K=3), ["a"], "d")
    with pytest.raises(KeyError):
        builder.build(["d"])
    assert [step.name for step in builder.steps] == ["a"]
    assert builder.steps[0]._replace(span=NOWHERE) == builder.steps[0]
