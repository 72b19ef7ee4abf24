"""Arguments of blocks that are two numbers, of rows and of columns."""

from __future__ import annotations

import io

import pytest

from cnnspec.graph.graph import Step
from cnnspec.spec import Checked, check

HEAD = """
input: {C: 4, H: 17, W: 17}
blocks:
  unit:
    args: {K: required, F: [3, 1], S: 1}
    layers: [{conv: {F: F, K: K, S: S, P: (F-1)/2}}]
  factored:
    args: {K: required, n: 7}
    layers: [{unit: {K: K, F: [1, n]}}, {unit: {K: K, F: [n, 1]}}]
  pooled:
    args: {F: required, P: [1, 0]}
    layers: [{maxpool: {F: 2*F - 1, S: [1, F + 1], P: P}}]
layers:
"""


def checked(*layers: str) -> Checked:
    return check(io.StringIO(HEAD + "".join(f"  - {layer}\n" for layer in layers)))


def steps(*layers: str) -> tuple[Step, ...]:
    found = checked(*layers)
    assert found.spec is not None, found.diagnostics
    return found.spec.graph.steps


def test_each_axis_has_its_own() -> None:
    first, second = steps("factored: {K: 8}")
    assert dict(first.layer)["F"] == (1, 7)
    assert dict(second.layer)["F"] == (7, 1)
    assert first.shape == second.shape == (8, 17, 17)


def test_by_default_and_handed_on() -> None:
    plain, strided = steps("unit: {K: 4}", "unit: {K: 4, F: [C - 1, 1], S: [2, 1]}")
    assert dict(plain.layer)["F"] == dict(strided.layer)["F"] == (3, 1)
    assert strided.shape == (4, 9, 17)


def test_arithmetic_is_worked_out_for_each_axis() -> None:
    (step,) = steps("pooled: {F: [2, 1]}")
    assert dict(step.layer)["F"] == (3, 1)
    assert dict(step.layer)["S"] == (1, 2)
    assert dict(step.layer)["P"] == (1, 0)


def test_words_are_layers_as_before() -> None:
    text = "input: {C: 4, H: 8, W: 8}\nblocks: {b: {args: {of: required}, layers: [of]}}\n"
    text += "layers: [{b: {of: [relu, tanh]}}]\n"
    found = check(io.StringIO(text))
    assert found.spec is not None
    assert [step.kind for step in found.spec.graph.steps] == ["relu", "tanh"]


@pytest.mark.parametrize(
    ("layer", "code", "said"),
    [
        ("unit: {K: [1, 2]}", "E105", "the argument `K` is the pair [1, 2], not a number"),
        ("unit: {K: 4, F: [1, 7/2]}", "E106", "is not a whole number"),
        ("unit: {K: 4, F: [1, x + 1]}", "E105", "`x` has no value here"),
    ],
)
def test_pairs_where_there_is_none(layer: str, code: str, said: str) -> None:
    found = [d for d in checked(layer).diagnostics if d.code.startswith("E")]
    assert code in {d.code for d in found}
    assert any(said in f"{d.message} {d.why}" for d in found)
