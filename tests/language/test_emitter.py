"""Nodes written as YAML are read as the same nodes, by this program and by PyYAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.language.syntax.emitter import WIDTH, block, flow
from cnnspec.language.syntax.nodes import Mapping, Node, Scalar, Sequence, mapping, sequence, text, word
from cnnspec.language.syntax.parser import parse
from cnnspec.language.syntax.source import Source

visible = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn"), exclude_characters="\ufeff")
texts = st.one_of(
    st.text(visible, max_size=12),
    st.text(" ,:#-[]{}&*!|>'\"%@`\\?~=\n\tab0.1", max_size=8),
    st.sampled_from(
        ["no", "Yes", "~", "null", "", "true", "1e3", "010", "1:30", "0x1F", ".inf", "2024-01-01", "<<", "a: b"]
    ),
).map(text)
scalars = texts | st.sampled_from(["3", "0.5", "same", "2*C", "(F-1)/2", "true"]).map(word)
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=6)
"""A key is a word of the language or a name: in a text, other characters are free, here they are taken for slips."""
nodes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(sequence)
        | st.dictionaries(keys, inner, max_size=4).map(lambda items: mapping(items.items()))
    ),
    max_leaves=20,
)
collections = nodes.filter(lambda node: not isinstance(node, Scalar))


def data(node: Node) -> Any:
    """What a node says, without places and quotes."""
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.text: data(value) for key, value in node.items}
    return node.text


def read(lines: list[str]) -> Node:
    root, found = parse(Source("", "classes:\n" + "".join(f"  {line}\n" for line in lines)))
    assert not found
    assert isinstance(root, Mapping)
    return root.items[0][1]


@given(collections)
def test_what_is_written_is_read(node: Node) -> None:
    assert data(read(block(node))) == data(node)
    assert data(read([flow(node)])) == data(node)


@given(collections, st.integers(10, 60))
def test_every_width_says_the_same(node: Node, width: int) -> None:
    assert data(read(block(node, width))) == data(node)


@given(texts)
def test_texts_are_texts_to_others(node: Scalar) -> None:
    for line in (flow(sequence([node])), block(sequence([node]))[0]):
        assert yaml.safe_load(line) == [node.text]


@given(scalars)
def test_only_texts_have_quotes(node: Scalar) -> None:
    found = read(block(mapping([("a", node)])))
    assert isinstance(found, Mapping)
    value = found.items[0][1]
    assert isinstance(value, Scalar)
    assert value.plain or not node.plain


@pytest.mark.parametrize(
    ("content", "in_block", "in_flow"),
    [
        ("LeNet-5", "LeNet-5", "LeNet-5"),
        ("Digits, LeCun et al.", "Digits, LeCun et al.", '"Digits, LeCun et al."'),
        ("samples/digit-7.png", "samples/digit-7.png", "samples/digit-7.png"),
        ("layer1.0", "layer1.0", "layer1.0"),
        ("0", '"0"', '"0"'),
        ("no", '"no"', '"no"'),
        ("a: b", '"a: b"', '"a: b"'),
        ("a #b", '"a #b"', '"a #b"'),
        ("é", '"é"', '"é"'),
        ('say "x"\n', '"say \\"x\\"\\n"', '"say \\"x\\"\\n"'),
    ],
)
def test_quotes(content: str, in_block: str, in_flow: str) -> None:
    assert block(text(content)) == [in_block]
    assert flow(text(content)) == in_flow


def test_layout() -> None:
    conv = mapping([("conv", mapping([("F", word("3")), ("K", word("8"))]))])
    named = mapping([*((key.text, node) for key, node in conv.items), ("name", text("first"))])
    long = sequence(map(text, [f"class{i}" for i in range(20)]))
    wide = mapping(
        [("conv", mapping([("F", word("3")), ("K", word("8" * 40)), ("S", word("2" * 60))])), ("name", text("a"))]
    )
    join = mapping([("concat", sequence([sequence(), sequence([conv])]))])
    node = mapping([("layers", sequence([word("relu"), conv, named, wide, join])), ("classes", long)])
    assert block(node) == [
        "layers:",
        "  - relu",
        "  - conv: {F: 3, K: 8}",
        "  - {conv: {F: 3, K: 8}, name: first}",
        "  - conv:",
        "      F: 3",
        f"      K: {'8' * 40}",
        f"      S: {'2' * 60}",
        "    name: a",
        "  - concat: [[], [{conv: {F: 3, K: 8}}]]",
        "classes: [class0, class1, class2, class3, class4, class5, class6, class7, class8, class9, class10, class11,",
        "          class12, class13, class14, class15, class16, class17, class18, class19]",
    ]
    assert max(map(len, block(node))) <= WIDTH
