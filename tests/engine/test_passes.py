"""Each pass by itself: the program before and after computes the same, and only what may vanish does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import random_specs
from calling import inputs
from engine_cases import graph, interpreted, lively
from hypothesis import HealthCheck, given, note, settings

from cnnspec.engine.backends import chain
from cnnspec.engine.passes import PASSES, Wanted, fold_affine, fuse_epilogues, optimise, remove_identities
from cnnspec.engine.program import Program, program, verify
from cnnspec.graph.graph import Graph
from cnnspec.layers import find, kinds
from cnnspec.layers._activation import Activation
from cnnspec.spec import bundled, load

ACTIVATIONS = [kind for kind in kinds() if issubclass(find(kind), Activation)]
Pass = Callable[[Program, Wanted], Program]

CONV = "{conv: {F: 3, K: 4, P: 1}, name: conv}"


def network(lines: str, outputs: str = "") -> Graph:
    """Layers in one line each, parted by blanks between dashes."""
    return graph((4, 5, 6), "".join(f"  - {line.strip()}\n" for line in lines.split(" - ")), outputs)


def same(found: Graph, before: Program, after: Program) -> None:
    """Both can run in their order and give equal outputs."""
    verify(after, found, found.outputs)
    tensors, x = lively(found), inputs(2, found.input)
    wanted, given = interpreted(before, tensors, x), interpreted(after, tensors, x)
    for name in found.outputs:
        np.testing.assert_allclose(given[name], wanted[name], rtol=1e-9, atol=1e-9 * np.abs(wanted[name]).max())


def through(step: Pass, found: Graph) -> list[str]:
    """What is left after a pass: each operation's own kind, what was folded into it, `add` and its activation."""
    before = program(found)
    after = step(before, Wanted(found.outputs, chain()))
    same(found, before, after)
    return [
        "+".join(
            [o.layer.kind, *(s.kind for s in o.folded), *(["add"] if o.plus else [])]
            + ([o.activation.kind] if o.activation else [])
        )
        for o in after
    ]


@pytest.mark.parametrize(
    ("lines", "outputs", "left"),
    [
        ("identity - relu - dropout - tanh", "", ["relu", "tanh"]),
        ("relu - dropout", "", ["relu", "dropout"]),  # the output must be there by its name
        ("relu - {dropout: {}, name: d} - tanh", "d, tanh1", ["relu", "dropout", "tanh"]),
        ("flatten - dropout - {dense: {K: 3}}", "", ["flatten", "dense"]),
        ("{reshape: {C: 4, H: 5, W: 6}} - relu", "", ["relu"]),
        ("{reshape: {C: 5, H: 4, W: 6}} - relu", "", ["reshape", "relu"]),
        ("droppath - concat: [[], [dropout]]", "", ["concat"]),
        ("add: [[dropout], [identity, dropout]]", "", ["add"]),
    ],
)
def test_skip(lines: str, outputs: str, left: list[str]) -> None:
    assert through(remove_identities, network(lines, outputs)) == left


@pytest.mark.parametrize(
    ("lines", "outputs", "left"),
    [
        (f"{CONV} - batchnorm", "", ["conv+batchnorm"]),
        ("{conv: {F: 1, K: 4, bias: false}} - batchnorm", "", ["conv+batchnorm"]),
        ("{conv: {F: 3, K: 4, G: 4}} - batchnorm - scale", "", ["conv+batchnorm+scale"]),
        (f"{CONV} - scale - batchnorm - relu", "", ["conv+scale+batchnorm", "relu"]),
        ("flatten - {dense: {K: 3}} - batchnorm", "", ["flatten", "dense+batchnorm"]),
        (f"{CONV} - relu - batchnorm", "", ["conv", "relu", "batchnorm"]),
        ("batchnorm - relu", "", ["batchnorm", "relu"]),
        (f"{CONV} - {{batchnorm: {{}}, name: bn}}", "conv, bn", ["conv", "batchnorm"]),
        (f"{CONV} - add: [[batchnorm], []]", "", ["conv", "batchnorm", "add"]),
        (f"{CONV} - add: [[batchnorm], [batchnorm]]", "", ["conv", "batchnorm", "batchnorm", "add"]),
        (f"{CONV} - batchnorm - add: [[], [tanh]]", "", ["conv+batchnorm", "tanh", "add"]),
    ],
)
def test_fold(lines: str, outputs: str, left: list[str]) -> None:
    assert through(fold_affine, network(lines, outputs)) == left


C = "{conv: {F: 1, K: 4}}"


@pytest.mark.parametrize(
    ("lines", "outputs", "left"),
    [
        (f"{CONV} - relu", "", ["conv+relu"]),
        ("flatten - {dense: {K: 3}} - sigmoid", "", ["flatten", "dense+sigmoid"]),
        (f"{CONV} - relu - tanh", "", ["conv+relu", "tanh"]),
        (f"{CONV} - softmax", "", ["conv", "softmax"]),
        (f"{CONV} - prelu", "", ["conv", "prelu"]),
        ("tanh - relu", "", ["tanh", "relu"]),
        ("batchnorm - relu - tanh", "", ["batchnorm+relu", "tanh"]),
        ("add: [[], [tanh]] - relu", "", ["tanh", "add+relu"]),
        ("deconv: {F: 2, K: 3} - relu", "", ["deconv+relu"]),
        ("mul: [[], [tanh]] - relu", "", ["tanh", "mul+relu"]),
        ("groupnorm: {G: 2} - silu - tanh", "", ["groupnorm+silu", "tanh"]),
        (f"add: [[{C}], []]", "", ["conv+add"]),
        (f"add: [[], [{C}]] - relu", "", ["conv+add+relu"]),
        (f"add: [[{C}], [{C}]] - relu", "", ["conv", "conv+add+relu"]),  # the later one takes the sum
        (f"add: [[{C}, relu], [tanh]]", "", ["conv+relu", "tanh", "add"]),  # an activation comes after a sum
        (f"add: [[{C}], [{C}, relu]]", "", ["conv+relu", "conv+add"]),  # the first one waits for the second
        (f"add: [[{C}, relu], [{C}]]", "", ["conv+relu", "conv+add"]),
        (f"add: [[{C}], [], [tanh]]", "", ["conv", "tanh", "add"]),
        (f"add: [[add: [[{C}], []]], [tanh]]", "", ["conv+add", "tanh", "add"]),  # one sum only
        (f"{CONV} - add: [[], []]", "", ["conv", "add"]),  # with itself
        (f"{CONV} - add: [[], [tanh]]", "", ["conv", "tanh", "add"]),  # two readers
        (f"{CONV} - {{relu: {{}}, name: r}}", "conv, r", ["conv", "relu"]),  # needed as it is
        (f"{CONV} - mul: [[relu], []]", "", ["conv", "relu", "mul"]),
        (f"mul: [[{C}], []]", "", ["conv", "mul"]),
        (f"concat: [[{C}, relu], [{C}]]", "", ["conv+relu", "conv", "concat"]),
    ],
)
def test_fuse(lines: str, outputs: str, left: list[str]) -> None:
    assert through(fuse_epilogues, network(lines, outputs)) == left


def test_a_sum_makes_its_convolution_wait() -> None:
    """The first branch runs where the sum stood: behind all that it then reads."""
    found = network(f"add: {{first: [{C}], second: [tanh, {{maxpool: {{F: 3, S: 1, P: 1}}}}]}} - relu")
    assert through(fuse_epilogues, found) == ["tanh", "maxpool", "conv+add+relu"]


def test_a_sum_of_two_sums() -> None:
    """The second convolution reads the first one's fused sum."""
    found = network(f"{{add: [[{C}], []], name: a}} - add: [[{C}], a] - relu")
    assert through(fuse_epilogues, found) == ["conv+add", "conv+add+relu"]


@pytest.mark.parametrize("step", [*PASSES, optimise])
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "densenet121", "googlenet", "efficientnet_lite0"])
def test_networks_compute_the_same(name: str, step: Pass) -> None:
    found = load(name, (3, 32, 32)).graph
    before = program(found)
    same(found, before, step(before, Wanted(found.outputs, chain())))


@given(random_specs.texts())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_program_computes_the_same(text: str) -> None:
    note(text)
    found = random_specs.load(text).graph
    before = program(found)
    for step in (*PASSES, optimise):
        same(found, before, step(before, Wanted(found.outputs, chain())))


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks_have_no_pass_over_values_alone(name: str) -> None:
    """Batch-norm and activations are done on the way, save where DenseNet puts them before the convolution."""
    found = load(name).graph
    left = {o.layer.kind for o in optimise(program(found), Wanted(found.outputs, chain()))}
    assert left & {"batchnorm", *ACTIVATIONS} == ({"batchnorm"} if name == "densenet121" else set())
