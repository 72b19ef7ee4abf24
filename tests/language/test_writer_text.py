"""How a written spec reads: as one that a person wrote."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from textwrap import dedent

import pytest

from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import BlockUse, Graph
from cnnspec.graph.layer import Layer
from cnnspec.language.syntax.emitter import WIDTH
from cnnspec.language.writer import write
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
    "pairs as arguments": """\
        blocks:
          unit:
            args: {F: required, K: required, S: 1}
            layers:
              - conv: {F: F, K: K, S: S, P: same}
              - relu
          narrow:
            args: {m: required, to: required}
            layers:
              - conv: {F: [1, m], K: 6, P: same}
              - resize: {to: to}

        layers:
          - unit: {F: 3, K: 8}
          - unit: {F: [1, 7], K: 8, S: [2, 1]}
          - unit: {F: [7, 1], K: 6}
          - narrow: {m: 3, to: [12, 8]}
          - narrow: {m: 5, to: 6}
        """,
    "branches": """\
        layers:
          - {conv: {F: 1, K: 8}, name: conv1}
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
    "arguments with names of their own": """\
        blocks:
          inner:
            args: {mode: nearest, width: required}
            layers:
              - {upsample: {factor: 1, mode: mode}, name: up}
              - {conv: {F: 3, K: width, P: same}, name: conv}
          outer:
            args: {depth: required, act: []}
            layers:
              - {inner: {width: depth}, name: a}
              - act

        layers:
          - {inner: {mode: bilinear, width: 3}, name: u}
          - {outer: {depth: 5, act: [relu]}, name: v}
          - {outer: {depth: 7}, name: w}
        """,
    "layers named to a block": """\
        blocks:
          up:
            args: {like: required}
            layers:
              - {deconv: {F: 2, K: 4, S: 2}, name: up}
              - concat: [like, []]

        layers:
          - {conv: {F: 1, K: 4}, name: enc1}
          - maxpool: {F: 2}
          - {conv: {F: 1, K: 4}, name: enc2}
          - maxpool: {F: 2}
          - {up: {like: enc2}, name: dec2}
          - {up: {like: enc1}, name: dec1}
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


@pytest.mark.parametrize(
    ("layers", "written"),
    [
        (  # in `P` a block's F is not seen, but the layer's own
            """\
            blocks:
              unit:
                args: {F: required, margin: F}
                layers: [{conv: {F: 7, K: 8, P: margin}, name: conv}]
            layers: [{unit: {F: 2}, name: a}, {unit: {F: 3}, name: b}]
            """,
            "args: {margin: required}",
        ),
        (  # `mode: nearest` would be the number
            """\
            blocks:
              inner:
                args: {mode: nearest, K: required}
                layers: [{upsample: {factor: 1, mode: mode}, name: up}, {conv: {F: 1, K: K}, name: conv}]
              outer:
                args: {nearest: required}
                layers: [{inner: {K: nearest}, name: inner}]
            layers:
              - {outer: {nearest: 3}, name: a}
              - {outer: {nearest: 5}, name: b}
              - {inner: {mode: bilinear, K: 2}, name: c.0, repeat: 3}
            """,
            "args: {K: required}",
        ),
    ],
)
def test_arguments_that_would_mean_something_else(layers: str, written: str) -> None:
    found = spec(layers)
    text = found.to_yaml()
    again = load(io.StringIO(text))
    assert [step.layer for step in again.graph.steps] == [step.layer for step in found.graph.steps]
    assert written in text


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


# What a graph tells of blocks, and what of it can be said


Told = tuple[str, str, list[str], tuple[BlockUse, ...]]
"""A layer: its kind, name, inputs, and the uses of blocks around it."""


def rows(graph: Graph) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.name, step.inputs) for step in graph.steps]


def told(*steps: Told) -> Graph:
    """A graph of layers without fields."""
    builder = GraphBuilder((4, 8, 8))
    for kind, name, inputs, calls in steps:
        builder.add(layer(kind), inputs, name, calls=calls)
    return builder.build([steps[-1][1]])


A, B, C = (BlockUse(label, "unit", number) for number, label in enumerate("abc"))


def test_uses_with_nothing_in_common_are_several_blocks() -> None:
    graph = told(("relu", "a.1", ["input"], (A,)), ("tanh", "b.1", ["a.1"], (B,)), ("relu", "c.1", ["b.1"], (C,)))
    text = write(graph)
    assert body(text) == dedent("""\
        blocks:
          unit:
            layers:
              - {relu: {}, name: "1"}
          unit_2:
            layers:
              - {tanh: {}, name: "1"}

        layers:
          - {unit: {}, name: a}
          - {unit_2: {}, name: b}
          - {unit: {}, name: c}
        """)
    assert rows(load(io.StringIO(text)).graph) == rows(graph)


INNER = BlockUse("a.unit", "unit", 7)


@pytest.mark.parametrize(
    "steps",
    {
        "a name that means something else in the block": [
            ("relu", "x", ["input"], ()),
            ("relu", "y", ["x"], ()),
            ("tanh", "a.x", ["y"], (A,)),
            ("add", "a.add1", ["a.x", "x"], (A,)),
        ],
        "steps that are not in a row": [
            ("relu", "a.1", ["input"], (A,)),
            ("relu", "x", ["a.1"], ()),
            ("relu", "a.2", ["x"], (A,)),
        ],
        "a step with a name of its own": [("relu", "a.1", ["input"], (A,)), ("relu", "x", ["a.1"], (A,))],
        "a label that is a step's name": [("relu", "a.1", ["input"], (A,)), ("relu", "a", ["a.1"], ())],
        "a block with the name of a layer": [("relu", "1", ["input"], (BlockUse("", "relu", 0),))],
        "blocks that reach themselves": [("relu", "a.unit.1", ["input"], (A, INNER))],
        "blocks that reach each other": [
            ("relu", "a.1", ["input"], (BlockUse("", "p", 1), BlockUse("", "q", 2))),
            ("relu", "a.2", ["a.1"], (BlockUse("", "q", 3), BlockUse("", "p", 4))),
        ],
    }.values(),
)
def test_blocks_that_cannot_be_said_are_written_out(
    steps: list[Told],
) -> None:
    graph = told(*steps)
    text = write(graph)
    assert "blocks:" not in text
    assert rows(load(io.StringIO(text)).graph) == rows(graph)


def test_only_the_block_is_written_out_that_cannot_be_said() -> None:
    graph = told(
        ("relu", "x", ["input"], ()),
        ("relu", "y", ["x"], (BlockUse("", "other", 5),)),
        ("tanh", "a.x", ["y"], (A,)),
        ("add", "a.add1", ["a.x", "x"], (A,)),
    )
    found = load(io.StringIO(write(graph))).graph
    assert rows(found) == rows(graph)
    assert [[use.block for use in step.calls] for step in found.steps] == [[], ["other"], [], []]


def test_layers_nested_too_deep_in_each_others_arguments_are_written_out() -> None:
    around = tuple(BlockUse("", f"level{i}", i) for i in range(12))
    uses = [*(("tanh", around[: i + 1]) for i in range(12)), ("elu", around)]
    uses += [(kind, (BlockUse("", f"level{i}", 100 + i),)) for i in range(12) for kind in ("tanh", "relu")]
    graph = told(*counted(uses))
    text = write(graph)
    assert "blocks:" not in text
    assert rows(load(io.StringIO(text)).graph) == rows(graph)


def counted(
    uses: list[tuple[str, tuple[BlockUse, ...]]],
) -> Iterator[Told]:
    """A chain of layers with counted names."""
    counts: Counter[str] = Counter()
    before = "input"
    for kind, calls in uses:
        counts[kind] += 1
        yield kind, f"{kind}{counts[kind]}", [before], calls
        before = f"{kind}{counts[kind]}"


def layer(kind: str, **fields: object) -> Layer:
    return find(kind).model_validate(fields)
