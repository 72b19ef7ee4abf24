"""A branch whose argument is `none` is left out, so that a block with and without it is one block."""

from __future__ import annotations

import io

import numpy as np
import pytest

import cnnspec
from cnnspec import Spec, weights
from cnnspec.spec import check

BLOCK = """\
input: {C: 4, H: 6, W: 6}
blocks:
  part:
    args: {K: required, S: 1, shortcut: none}
    layers:
      - add:
          main: [{conv: {F: 3, K: K, S: S, P: same-upper}}, relu, {conv: {F: 1, K: K}}]
          shortcut: shortcut
"""
CALLS = """\
layers:
  - {part: {K: 8, S: 2}, name: stage.1}
  - {part: {K: 8, shortcut: []}, name: stage.2, repeat: 2}
  - {part: {K: 6, shortcut: [{conv: {F: 1, K: 6}}]}, name: stage.4}
  - {part: {K: 6, shortcut: stage.4}, name: stage.5}
  - {part: {K: 10}, name: stage.6}
"""


def load(text: str) -> Spec:
    return cnnspec.load(io.StringIO(text))


def test_one_branch_is_no_join() -> None:
    graph = load(BLOCK + CALLS).graph
    joins = [step.name for step in graph.steps if step.kind == "add"]
    assert joins == ["stage.2.add1", "stage.3.add1", "stage.4.add1", "stage.5.add1"]
    assert graph.outputs == ("stage.6.conv2",)


def test_it_is_written_as_one_block() -> None:
    spec = load(BLOCK + CALLS)
    text = spec.to_yaml()
    again = load(text)
    assert text.count("args:") == 1
    assert (
        "- {part: {K: 8, S: 2, shortcut: none}, name: stage.1}\n" in text
        or "shortcut: none}" in text.split("layers")[1]
    )
    assert [(step.name, step.layer, step.inputs) for step in again.graph.steps] == [
        (step.name, step.layer, step.inputs) for step in spec.graph.steps
    ]


def test_a_default_that_most_uses_have() -> None:
    calls = "layers:\n" + "".join(f"  - {{part: {{K: {K}}}, name: s.{K}}}\n" for K in (5, 6, 7))
    text = load(f"{BLOCK}{calls}  - {{part: {{K: 7, shortcut: []}}, name: last}}\n").to_yaml()
    assert "shortcut: none}" in text.partition("layers:")[0]
    assert "- {part: {K: 7, shortcut: []}, name: last}\n" in text


def test_values() -> None:
    spec = load(BLOCK + "layers:\n  - {part: {K: 4}, name: a}\n")
    alone = load(
        "input: {C: 4, H: 6, W: 6}\nlayers:\n  - {conv: {F: 3, K: 4, P: same}, name: a.conv1}\n"
        "  - {relu: {}, name: a.relu1}\n  - {conv: {F: 1, K: 4}, name: a.conv2}\n"
    )
    tensors = weights.initial(spec.graph.tensors, "he", 0)
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 6)).astype(np.float32)
    np.testing.assert_array_equal(spec.compile(tensors)(x), alone.compile(tensors)(x))


def test_the_name_of_a_join_is_that_of_the_branch_that_is_left() -> None:
    text = BLOCK.replace("          shortcut: shortcut\n", "          shortcut: shortcut\n        name: sum\n")
    text = (
        "outputs: [a.sum, b.sum]\n"
        + text
        + "layers:\n  - {part: {K: 4}, name: a}\n  - {part: {K: 4, shortcut: a.sum}, name: b}\n"
    )
    spec = load(text)
    assert spec.graph.outputs == ("a.conv2", "b.sum")


def test_a_layer_may_be_called_none() -> None:
    spec = load(BLOCK + "layers:\n  - {relu: {}, name: none}\n  - part: {K: 4, shortcut: none}\n")
    assert spec.graph.steps[-1].inputs == ("conv2", "none")


@pytest.mark.parametrize(
    ("layers", "code", "message"),
    [
        ('part: {K: 4, shortcut: "none"}', "E107", "no earlier layer is called `none`"),
        ("add: [[], none]", "E107", "no earlier layer is called `none`"),
    ],
)
def test_only_the_bare_word_of_an_argument(layers: str, code: str, message: str) -> None:
    found = check(io.StringIO(f"{BLOCK}layers:\n  - {layers}\n")).diagnostics
    assert (code, message) in [(each.code, each.message) for each in found]


def test_a_branch_must_be_left() -> None:
    text = BLOCK.replace(
        "main: [{conv: {F: 3, K: K, S: S, P: same-upper}}, relu, {conv: {F: 1, K: K}}]", "main: shortcut"
    )
    (found,) = (
        each
        for each in check(io.StringIO(f"{text}layers:\n  - part: {{K: 4}}\n")).diagnostics
        if each.severity == "error"
    )
    assert (found.code, found.message) == ("E113", "no branch of `add` is left")
