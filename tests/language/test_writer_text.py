"""How a written spec reads: as one that a person wrote."""

from __future__ import annotations

import io
from textwrap import dedent

import pytest

from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import BlockUse
from cnnspec.graph.layer import Layer
from cnnspec.language.syntax.emitter import WIDTH
from cnnspec.language.writer.write import write
from cnnspec.layers import find
from cnnspec.spec import Spec, bundled, load


def spec(layers: str, size: str = "{C: 8, H: 16, W: 16}") -> Spec:
    return load(io.StringIO(f"input: {size}\n{dedent(layers)}"))


def body(written: str) -> str:
    """All of a text but its head."""
    return written.partition("\n\n")[2]


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


@pytest.mark.parametrize("name", bundled.names())
def test_about_as_long_as_by_hand(name: str) -> None:
    found = load(name)
    written = lines(found.to_yaml())
    assert len(written) <= 1.2 * len(lines(found.source.text))
    assert all(len(line) <= WIDTH for line in written if line.startswith(" "))


SAME = {
    "names, defaults and letters": """\
        layers:
          - conv: {F: 3, K: 4, S: 2, P: same, G: 2, bias: false}
          - {batchnorm: {}, name: bn1}
          - relu
          - {conv: {F: [1, 3], K: 8}, name: conv7}
          - conv: {F: 1, K: 8, G: C}
          - {relu: {}, name: relu1.0}
          - maxpool: {F: 2}
        """,
    "branches": """\
        layers:
          - conv: {F: 1, K: 8}
          - add: [[{conv: {F: 1, K: 8}}, relu], []]
          - mul: [[], [globalavgpool, {conv: {F: 1, K: 8}}, sigmoid]]
          - {concat: [[], [{maxpool: {F: 3, S: 1, P: same}}], [{add: [[relu], [sigmoid]]}, tanh]], name: mixed}
          - relu
          - from: conv1
          - conv: {F: 1, K: 4}
          - concat: [mixed, []]
        """,
    "long branches": """\
        layers:
          - add:
              main:
                - {conv: {F: 3, K: 16, P: same, bias: false}, name: conv7}
                - {batchnorm: {}, name: bn1}
                - relu
                - {conv: {F: 3, K: 8, P: same}, name: conv8}
              shortcut: []
          - concat:
              branch1: [{conv: {F: 1, K: 16}, name: one}, relu]
              branch2: [{conv: {F: 3, K: 16, P: same}, name: three}, relu]
              branch3: [{maxpool: {F: 3, S: 1, P: same}}]
        """,
    "down and up": """\
        layers:
          - {conv: {F: 3, K: 8, P: same}, name: down}
          - maxpool: {F: 2}
          - deconv: {F: 2, K: 8, S: 2}
          - concat: [down, []]
        """,
    "blocks": """\
        blocks:
          unit:
            args: {F: required, K: required, S: 1, act: []}
            layers:
              - {conv: {F: F, K: K, S: S, P: same, bias: false}, name: conv}
              - {batchnorm: {}, name: bn}
              - act
          residual:
            args: {K: required, S: 1, shortcut: []}
            layers:
              - add:
                  main: [{unit: {F: 3, K: K, S: S, act: [relu]}, name: "1"}, {unit: {F: 3, K: K}, name: "2"}]
                  shortcut: shortcut
              - relu

        layers:
          - {unit: {F: 5, K: 8, act: [relu]}, name: stem}
          - {residual: {K: 8}, name: stage1.0, repeat: 3}
          - {residual: {K: 12, S: 2, shortcut: [{unit: {F: 1, K: 12, S: 2}, name: down}]}, name: stage2.0}
          - {residual: {K: 12}, name: stage2.1, repeat: 2}
        """,
    "multiples": """\
        blocks:
          mixed:
            args: {K: required}
            layers:
              - {conv: {F: 1, K: K}, name: squeeze}
              - {conv: {F: 3, K: 4*K, P: same, G: K}, name: wide}
              - {conv: {F: 1, K: 2*K}, name: narrow}
              - {conv: {F: 1, K: 6*K, G: C}, name: out}
          scaled:
            layers:
              - conv: {F: 1, K: 3*C, bias: false}
              - relu

        layers:
          - {mixed: {K: 2}, name: a}
          - {mixed: {K: 6}, name: b}
          - {scaled: {}, name: c.0, repeat: 2}
        """,
    "uses without names": """\
        blocks:
          twice:
            layers:
              - conv: {F: 3, K: 8, P: same}
              - relu

        layers:
          - {twice: {}, repeat: 2}
          - maxpool: {F: 2}
          - twice
        """,
    "layers named to a block": """\
        blocks:
          up:
            args: {skip: required}
            layers:
              - {deconv: {F: 2, K: 4, S: 2}, name: up}
              - concat: [skip, []]

        layers:
          - {conv: {F: 1, K: 4}, name: enc1}
          - maxpool: {F: 2}
          - {conv: {F: 1, K: 4}, name: enc2}
          - maxpool: {F: 2}
          - {up: {skip: enc2}, name: dec2}
          - {up: {skip: enc1}, name: dec1}
        """,
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_is_written_as_it_was(text: str) -> None:
    assert body(spec(text).to_yaml()) == dedent(text)


def test_what_is_written_otherwise() -> None:
    """A long branch stands in the main line; arithmetic is worked out where nothing is gained by it."""
    relus = ", ".join(["relu"] * 15)
    found = spec(
        f"layers: [{{relu: {{}}, name: a}}, {{add: [[{relus}], []]}}, {{conv: {{F: 2+1, K: 2*C, P: (F-1)/2}}}}]"
    )
    written = lines(body(found.to_yaml()))
    assert written[:3] == ["layers:", "  - {relu: {}, name: a}", "  - relu"]
    assert written[-2:] == ["  - add: [[], a]", "  - conv: {F: 3, K: 16, P: 1}"]


def test_a_join_of_many_names_is_a_list_of_them() -> None:
    builder = GraphBuilder((1, 4, 4))
    names = [f"layer{i}" for i in range(20)]
    for name in names:
        builder.add(layer("relu"), ["input"], name)
    builder.add(layer("concat"), names[::-1], "all")
    assert lines(write(builder.build(["all"])))[-3:] == [
        "  - concat: [[], layer18, layer17, layer16, layer15, layer14, layer13, layer12, layer11, layer10, layer9,",
        "             layer8, layer7, layer6, layer5, layer4, layer3, layer2, layer1, layer0]",
        "    name: all",
    ]


def test_names_that_mean_something_else_in_a_block() -> None:
    """`a` in the block would be `b.a`: blocks are written out."""
    builder = GraphBuilder((4, 8, 8))
    use = BlockUse("b", "unit", 1)
    builder.add(layer("relu"), ["input"], "a")
    builder.add(layer("relu"), ["a"], "c")
    builder.add(layer("tanh"), ["c"], "b.a", calls=(use,))
    builder.add(layer("add"), ["b.a", "a"], "b.add1", calls=(use,))
    graph = builder.build(["b.add1"])
    assert "blocks:" not in write(graph)
    assert [(s.name, s.inputs) for s in load(io.StringIO(write(graph))).graph.steps] == [
        (s.name, s.inputs) for s in graph.steps
    ]


def layer(kind: str, **fields: object) -> Layer:
    return find(kind).model_validate(fields)
