"""One network with two sets of names: which layer is which, and where it cannot be told."""

from __future__ import annotations

import pytest
import random_specs
from generated_code import ensure_close, expected, random_input, random_tensors

from cnnspec.interop.alignment import Match, aligned, differences
from cnnspec.spec import Spec, load

NET = """
input: {C: 3, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 4, P: same}, name: stem}
  - {batchnorm: {}, name: norm}
  - relu
  - add:
    - [{conv: {F: 3, K: 4, P: same}, name: inner}, relu, {conv: {F: 3, K: 4, P: same}, name: last}]
    - [{conv: {F: 1, K: 4}, name: short}]
  - maxpool: {F: 2}
  - flatten
  - {dense: {K: 5}, name: head}
"""
OTHER = """
input: {C: 3, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 4, P: same}, name: a}
  - {batchnorm: {eps: 1e-3}, name: b}
  - leakyrelu
  - add:
    - [{conv: {F: 1, K: 4}, name: c}, identity]
    - [{conv: {F: 3, K: 4, P: same}, name: d}, dropout, {conv: {F: 3, K: 4, P: same}, name: e}]
  - avgpool: {F: 2}
  - reshape: {C: 64, H: 1, W: 1}
  - {conv: {F: 1, K: 5}, name: f}
"""
NAMES = {"stem": "a", "norm": "b", "short": "c", "inner": "d", "last": "e", "head": "f"}


def said(text: str) -> Spec:
    return random_specs.load(text)


def test_layers_are_known_by_what_arrives_at_them() -> None:
    one, two = said(NET), said(OTHER)
    assert aligned(one.graph, two.graph) == {own: Match(there, None) for own, there in NAMES.items()}
    assert aligned(two.graph, one.graph) == {there: Match(own, None) for own, there in NAMES.items()}


def test_another_eps_is_told() -> None:
    one, two = said(NET), said(OTHER)
    matches = aligned(one.graph, two.graph)
    assert differences(one.graph, two.graph, matches) == ["`norm` has the eps 1e-05 in the spec, 0.001 in the model"]
    assert differences(one.graph, one.graph, aligned(one.graph, one.graph)) == []


TWINS = "input: {C: 3, H: 8, W: 8}\nlayers:\n  - {conv: {F: 1, K: 4}, name: stem}\n  - concat:\n"


def test_equal_branches_are_told_by_their_names_or_not_at_all() -> None:
    def twins(*names: str) -> Spec:
        return said(TWINS + "".join(f"    - [{{conv: {{F: 1, K: 2}}, name: {name}}}]\n" for name in names))

    own = twins("a.left", "a.right")
    assert aligned(own.graph, twins("one", "two").graph) == {"stem": Match("stem", None)}
    named = {own: match.name for own, match in aligned(own.graph, twins("a_right", "a_left").graph).items()}
    assert named == {"stem": "stem", "a.left": "a_left", "a.right": "a_right"}


@pytest.mark.parametrize("order", ["HWC", "WCH", "HCW"])
def test_columns_of_neurons_are_those_of_the_same_cells(order: str) -> None:
    """Weights of the one network, their columns in the order that is said, give what the other one gives."""
    turned = NET.replace("  - flatten\n", f"  - permute: {{order: [{', '.join(order)}]}}\n  - flatten\n  - relu\n")
    one, two = said(NET.replace("  - flatten\n", "  - flatten\n  - relu\n")), said(turned)
    matches = aligned(two.graph, one.graph)
    assert set(matches) == set(NAMES)
    tensors, x = random_tensors(one), random_input(one)
    columns = matches["head"].columns
    assert columns is not None
    ensure_close(
        expected(two, x, tensors | {"head.weight": tensors["head.weight"][:, columns]}), expected(one, x, tensors)
    )


@pytest.mark.parametrize(
    "between", ["permute: {order: [W, H, C]}", "channelshuffle: {G: 2}", "slice: {axis: C, from: 2}"]
)
def test_what_reads_cells_that_stand_elsewhere_is_not_the_same(between: str) -> None:
    one = said(NET.replace("  - relu\n", f"  - relu\n  - {between}\n", 1))
    assert set(aligned(one.graph, said(NET).graph)) == {"stem", "norm"}


def test_other_shapes_are_not_the_same() -> None:
    wide = NET.replace("{conv: {F: 1, K: 4}, name: short}", "{conv: {F: 3, P: same, K: 4}, name: short}")
    assert set(aligned(said(NET).graph, said(wide).graph)) == {"stem", "norm", "inner", "last"}


def test_a_deep_network_is_quick_to_align() -> None:
    graph = load("densenet121").graph
    assert len(aligned(graph, graph)) == sum(bool(step.tensors) for step in graph.steps)
