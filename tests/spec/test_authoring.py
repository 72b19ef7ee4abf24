"""A spec for a graph that knows no blocks: they are found, and the text is about as long as one by hand."""

from __future__ import annotations

import pytest
import random_specs
from hypothesis import example, given, settings
from processor_time import about

from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import INPUT, Graph
from cnnspec.language.writer.reading_order import in_reading_order
from cnnspec.language.writer.repetition import with_uses
from cnnspec.layers import find
from cnnspec.spec import bundled, load
from cnnspec.spec.authoring import About, author

RESIDUALS = """\
outputs: [n4, n5]
input: {C: 2, H: 6, W: 7}
blocks:
  unit:
    layers:
      - {conv: {F: 3, K: C, P: same, bias: false}, name: conv}
      - batchnorm
      - relu
  residual:
    layers:
      - add: {main: [{unit: {}, name: inner}, relu], shortcut: []}
layers:
  - abs
  - abs
  - residual
  - abs
  - {residual: {}, name: n4}
  - {flatten: {}, name: n5}
"""
"""Of its outputs one lies in a block that is found, and is called otherwise there."""


def flat(graph: Graph) -> Graph:
    """The graph without what it knows of blocks, under names that say nothing."""
    new = {step.name: f"#{number}" for number, step in enumerate(graph.steps)}
    steps = (
        step._replace(calls=(), name=new[step.name], inputs=tuple(new.get(name, name) for name in step.inputs))
        for step in graph.steps
    )
    return Graph(graph.input, tuple(steps), tuple(new.get(name, name) for name in graph.outputs))


def told(graph: Graph) -> dict[str, str]:
    """The names of the layers with tensors, as an importer knows them."""
    return {f"#{number}": step.name for number, step in enumerate(graph.steps) if step.tensors}


def computed(graph: Graph) -> list[object]:
    """The graph, whatever its layers are called."""
    numbers = {INPUT: 0} | {step.name: number for number, step in enumerate(graph.steps, 1)}
    steps = [(step.kind, step.shape, [numbers[name] for name in step.inputs], step.tensors) for step in graph.steps]
    return [graph.input, steps, [numbers[name] for name in graph.outputs]]


def lines(text: str) -> int:
    return len(text.splitlines())


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks_are_as_short_as_by_hand(name: str) -> None:
    spec = load(name)
    text, again = author(flat(spec.graph), told(spec.graph), About(spec.name, spec.header.about))
    assert computed(again.graph) == computed(spec.graph)
    assert again.graph.tensors.keys() == spec.graph.tensors.keys()
    by_hand = (bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8")
    assert lines(text) <= 1.2 * lines(by_hand)


@pytest.mark.parametrize(("name", "blocks"), [("resnet18", {"residual"}), ("lenet5", set())])
def test_blocks_have_names(name: str, blocks: set[str]) -> None:
    _, spec = author(flat(load(name).graph), {}, About())
    assert {use.block for step in spec.graph.steps for use in step.calls} == blocks


def test_a_shortcut_is_an_argument() -> None:
    text, _ = author(flat(load("resnet18").graph), {}, About())
    assert "args: {K: required, S: 1, shortcut: []}" in text


def test_a_block_holds_whole_modules_that_begin_with_two_of_one_kind() -> None:
    """An inverted bottleneck begins with two convolutions and their norms, whether a shortcut goes past it or not."""
    graph = load("mobilenet_v2").graph
    text, _ = author(flat(graph), told(graph), About())
    assert "args: {K: required, S: 1, shortcut: []}" in text
    assert "- {inverted: {K: 24, S: 2, shortcut: none}, name: features.2}\n" in text


def test_uses_are_called_after_their_modules() -> None:
    graph = load("mobilenet_v2").graph
    text, _ = author(flat(graph), told(graph), About())
    assert "name: features.5, repeat: 2}" in text


def test_a_unit_within_a_shortcut_and_without_one_is_one_block() -> None:
    """No shortcut goes past some units, and one with a layer in it past another; the last two are repetitions."""
    builder, last = GraphBuilder((4, 9, 9)), INPUT

    def add(kind: str, inputs: list[str], **fields: object) -> str:
        return builder.add(find(kind).model_validate(fields), inputs, f"#{len(builder.steps)}").name

    for K, shortcut in ((8, "none"), (8, "[]"), (12, "none"), (6, "layers"), (6, "[]"), (6, "[]")):
        before = last
        last = add("relu", [add("conv", [last], F=1, K=4 * K)])
        last = add("conv", [add("tanh", [add("conv", [last], F=3, K=4 * K, P="same", G=4 * K)])], F=1, K=K)
        if shortcut != "none":
            last = add("add", [last, before if shortcut == "[]" else add("conv", [before], F=1, K=K)])
    text, _ = author(builder.build([last]), {}, About())
    assert text.count("layers:") == 2
    assert "args: {K: required, shortcut: []}" in text
    for line in (
        "- inverted: {K: 32, shortcut: none}",
        "- inverted: {K: 32}",
        "- inverted: {K: 24, shortcut: [{conv: {F: 1, K: 6}}]}",
        "- {inverted: {K: 24}, repeat: 2}",
    ):
        assert f"  {line}\n" in text


def test_a_long_branch_of_joins_stands_in_its_join() -> None:
    """Twenty layers in five joins are five lines, not too long for a branch."""
    builder, last = GraphBuilder((4, 9, 9)), INPUT
    kinds = iter(["relu", "tanh", "silu", "abs", "gelu"] * 3)
    for _ in range(5):
        sides = [builder.add(find(next(kinds))(), [last], f"#{len(builder.steps)}").name for _ in range(3)]
        last = builder.add(find("add")(), sides, f"#{len(builder.steps)}").name
    last = builder.add(find("add")(), [last, INPUT], f"#{len(builder.steps)}").name
    text, _ = author(in_reading_order(builder.build([last])), {}, About())
    assert "name:" not in text
    assert "from:" not in text


def test_pairs_are_arguments() -> None:
    """Rows and columns of Inception's factored convolutions are one block, with windows of one number, too."""
    builder, last = GraphBuilder((4, 9, 9)), INPUT
    for F in (3, (1, 7), (7, 1), (1, 3), 5):
        for kind, fields in (("conv", {"F": F, "K": 4, "P": "same"}), ("batchnorm", {}), ("relu", {})):
            last = builder.add(find(kind).model_validate(fields), [last], f"#{len(builder.steps)}").name
    text, _ = author(builder.build([last]), {}, About())
    assert "- conv: {F: F, K: 4, P: same}\n" in text
    assert "- conv_bn_relu: {F: [1, 7]}\n" in text


def test_labels_end_with_a_number_behind_a_dash() -> None:
    """`block2-1` is one of `block2-0`, `block2-1`, `block2-2`: its repetitions count up."""
    builder, last, told = GraphBuilder((4, 9, 9)), INPUT, {}
    for unit in range(4):
        for kind, name in (("conv", "f.a"), ("batchnorm", "f.b"), ("relu", "")):
            fields = {"F": 3, "K": 4, "P": "same"} if kind == "conv" else {}
            last = builder.add(find(kind).model_validate(fields), [last], f"#{len(builder.steps)}").name
            if name:
                told[last] = f"trunk.block2-{unit}.{name}"
    text, _ = author(builder.build([last]), told, About())
    assert "- {conv_bn_relu: {}, name: trunk.block2-0, repeat: 4}\n" in text


@settings(max_examples=60)
@given(random_specs.texts())
@example(RESIDUALS)
def test_random_networks_stay_what_they_are(text: str) -> None:
    graph = random_specs.load(text).graph
    for names in (told(graph), {}):
        _, again = author(flat(graph), names, About())
        assert computed(again.graph) == computed(graph)
        assert set(names.values()) <= again.graph.by_name.keys()


def test_the_search_takes_a_second_for_a_thousand_layers() -> None:
    builder = GraphBuilder((4, 8, 8))
    kinds = [find("conv").model_validate({"F": 1, "K": 4}), find("relu")(), find("tanh")(), find("add")()]
    before, last = INPUT, INPUT
    for number in range(1000):
        layer = kinds[(number * number // 3 + number % 7) % 4]
        inputs = (last, before) if layer.kind == "add" and last != before else (last,)
        if layer.kind == "add" and len(inputs) == 1:
            layer = kinds[1]
        before, last = last, builder.add(layer, inputs, f"#{number}").name
    graph = builder.build([last])
    with about(1):
        with_uses(graph, {})
