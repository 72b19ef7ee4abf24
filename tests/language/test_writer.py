"""A graph written as YAML and read again is the same graph."""

from __future__ import annotations

import io
from random import Random

import pytest
import random_specs
from hypothesis import given, settings
from hypothesis import strategies as st
from random_uses import Network

from cnnspec.diagnostics import SpecError
from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import Graph, Step
from cnnspec.graph.layer import Layer
from cnnspec.language.sections.header import Header
from cnnspec.language.writer import write
from cnnspec.layers import find, kinds
from cnnspec.spec import Spec, bundled, load

often = settings(deadline=None, max_examples=100)


def layer(kind: str, **fields: object) -> Layer:
    return find(kind).model_validate(fields)


def again(text: str) -> Spec:
    return load(io.StringIO(text))


def said(step: Step) -> tuple[object, ...]:
    """All of a step but where it is written and which blocks it came from."""
    return (step.name, step.layer, step.inputs, step.arriving, step.shape, step.tensors, step.receptive_fields)


def assert_same(found: Graph, graph: Graph) -> None:
    assert [said(step) for step in found.steps] == [said(step) for step in graph.steps]
    assert (found.input, found.outputs) == (graph.input, graph.outputs)


def calls(graph: Graph) -> list[list[tuple[str, str]]]:
    """The uses of blocks around each step."""
    return [[(use.label, use.block) for use in step.calls] for step in graph.steps]


def sections(spec: Spec) -> Header:
    """The header, less `outputs`: that names the last layer where it need not, or a block for its last layer."""
    return spec.header.model_copy(update={"outputs": None})


def assert_round_trip(spec: Spec) -> Spec:
    found = again(spec.to_yaml())
    assert_same(found.graph, spec.graph)
    assert calls(found.graph) == calls(spec.graph)
    assert {warning.code for warning in found.warnings} <= {warning.code for warning in spec.warnings}
    assert sections(found) == sections(spec)
    return found


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks(name: str) -> None:
    spec = load(name)
    text = spec.to_yaml()
    assert assert_round_trip(spec).to_yaml() == text


@given(random_specs.texts())
@often
def test_random_networks(text: str) -> None:
    assert_round_trip(random_specs.load(text))


@pytest.mark.parametrize("kind", kinds())
def test_every_layer_of_the_manual(kind: str) -> None:
    for example in find(kind).examples:
        if isinstance(example.produces, tuple):
            C, H, W = (*example.arriving, 1, 1)[:3]
            reshape = "reshape: {C: C}" if len(example.arriving) == 1 else "identity"
            head = f"input: {{C: {C}, H: {H}, W: {W}}}\nlayers:\n"
            assert_round_trip(
                again(
                    f"{head}  - {{{reshape}}}\n  - {example.item}\n"
                    if ":" in reshape
                    else f"{head}  - {example.item}\n"
                )
            )


SECTIONS = """\
cnnspec: 1
name: "no"
about: "a: b # c, \\"d\\" é"
input: {C: 3, H: 8, W: 8}
outputs: [a]
preprocess: {mode: rgb, resize: [8, 8], invert: true, scale: 1/255, mean: [0.1, 0.2, -0.3], std: 0.5}
classes: ["1e3", "~", yes, "ok", "a, b", "[x]"]
weights: w/x.safetensors
sample: "1.png"
train: {data: digits, validation: 1/3, betas: [0.9, 0.99], freeze: ["conv1.b*"], clip: 1e-5, augment: {rotate: 7.5}}
expect: {output: {a: [6]}, params: "<= 1.5M", macs: 1152}
layers:
  - conv: {F: 1, K: 6}
  - globalavgpool
  - {flatten: {}, name: a}
  - {identity: {}, name: b}
"""


def test_sections() -> None:
    spec = again(SECTIONS)
    found = assert_round_trip(spec)
    assert found.header == spec.header
    assert found.header.train != Header(input=spec.header.input).train


def test_another_input_leaves_out_what_is_said_of_the_own() -> None:
    text = "input: {C: 3, H: 8, W: 8}\npreprocess: {resize: [8, 8]}\nexpect: {output: [3, 8, 8]}\nlayers: [relu]\n"
    spec = load(io.StringIO(text), input=(3, 6, 6))
    found = again(spec.to_yaml())
    assert_same(found.graph, spec.graph)
    assert found.header.input.shape == (3, 6, 6)
    assert (found.header.expect, found.header.preprocess) == (None, None)


# Graphs that no text was read for

NAMES = ("conv1", "conv2", "relu1", "add1", "concat1", "a", "a.b", "b.conv1", "0", "no", "n1.conv1", "n2.0", "n2.1")


@given(random_specs.texts(), st.randoms(use_true_random=False), st.booleans())
@often
def test_any_order_and_any_names(text: str, random: Random, with_calls: bool) -> None:
    """Whatever the steps are called, in whatever order they run, and whatever blocks they tell of."""
    graph = random_specs.load(text).graph
    waiting, made = list(graph.steps), {"input": "input"}
    fancied = random.sample([*NAMES, *(f"{step.kind}{i}" for i, step in enumerate(graph.steps))], len(NAMES))
    builder = GraphBuilder(graph.input)
    while waiting:
        step = random.choice([step for step in waiting if made.keys() >= set(step.inputs)])
        waiting.remove(step)
        free = [name for name in dict.fromkeys(fancied) if name not in made.values() and name not in graph.by_name]
        made[step.name] = free[0] if free and random.random() < 0.6 else step.name
        use = step.calls if with_calls else ()
        builder.add(step.layer, [made[name] for name in step.inputs], made[step.name], calls=use)
    found = builder.build([made[name] for name in graph.outputs])
    assert_same(again(write(found)).graph, found)


def test_a_graph_without_a_header() -> None:
    builder = GraphBuilder((3, 8, 8))
    builder.add(layer("conv", F=(3, 3), K=4), ["input"], "1")
    builder.add(layer("maxpool", F=(3, 1), S=(2, 2), P=(1, 0)), ["1"], "no")
    builder.add(layer("relu"), ["1"], "features.0")
    builder.add(layer("globalavgpool"), ["no"], "Conv_3")
    builder.add(layer("mul"), ["features.0", "Conv_3"], "relu1")
    builder.add(layer("concat"), ["relu1", "features.0", "1"], "end")
    graph = builder.build(["end"])
    assert_same(again(write(graph)).graph, graph)


@given(st.integers(0, 2**32), st.integers(1, 40))
@often
def test_any_uses_of_blocks(seed: int, steps: int) -> None:
    graph = Network(Random(seed)).grow(steps)
    assert_same(again(write(graph)).graph, graph)


def test_several_outputs_and_none_of_them_last() -> None:
    builder = GraphBuilder((3, 8, 8))
    for name in "abc":
        builder.add(layer("relu"), ["input"], name)
    for outputs in (["c", "a"], ["b"], ["input"]):
        graph = builder.build([each for each in outputs if each != "input"]) if outputs != ["input"] else None
        graph = graph or Graph(builder.input, tuple(builder.steps), ("input",))
        assert_same(again(write(graph)).graph, graph)


def test_no_layers() -> None:
    graph = Graph((1, 4, 4), (), ("input",))
    assert_same(again(write(graph)).graph, graph)


def test_rounding_of_the_header_is_left_out_where_a_layer_has_none() -> None:
    header = again("input: {C: 3, H: 8, W: 8}\nrounding: floor\nlayers: [relu]\n").header
    builder = GraphBuilder((3, 8, 8))
    builder.add(layer("conv", F=(3, 3), K=4, rounding="floor"), ["input"], "a")
    graph = builder.build(["a"])
    assert "rounding: floor" in write(graph, header)
    assert "{F: 3, K: 4}" in write(graph, header)
    assert_same(again(write(graph, header)).graph, graph)
    builder.add(layer("conv", F=(3, 3), K=4), ["a"], "b")
    graph = builder.build(["b"])
    assert "{F: 3, K: 4, rounding: floor}" in write(graph, header)
    assert_same(again(write(graph, header)).graph, graph)


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("a b", {}, "E109"),
        ("a" * 201, {}, "E109"),
        ("x", {"slope": float("inf")}, "E105"),
        ("x", {"slope": 1e-30}, "E106"),
    ],
)
def test_what_the_language_cannot_say(name: str, fields: dict[str, object], code: str) -> None:
    builder = GraphBuilder((3, 8, 8))
    builder.add(layer("leakyrelu", **fields), ["input"], name)
    with pytest.raises(SpecError) as caught:
        write(builder.build([name]))
    assert [found.code for found in caught.value.diagnostics] == [code]


@pytest.mark.parametrize("name", ["a\0b", "a\ud800"])
def test_names_of_networks_that_cannot_be_said(name: str) -> None:
    header = again("input: {C: 3, H: 8, W: 8}\nlayers: [relu]\n").header.model_copy(update={"name": name})
    with pytest.raises(SpecError) as caught:
        write(Graph((3, 8, 8), (), ("input",)), header)
    assert [found.code for found in caught.value.diagnostics] == ["E002"]
