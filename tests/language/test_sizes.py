"""Sizes of earlier layers in arithmetic."""

from __future__ import annotations

import io

import pytest

from cnnspec.graph.shape import Shape
from cnnspec.spec import Checked, check

DECODER = """
input: {{C: 3, H: {H}, W: {W}}}
rounding: floor
blocks:
  up:
    args: {{skip: required, K: required}}
    layers:
      - resize: {{to: [skip.H, skip.W], mode: bilinear}}
      - concat: [skip, []]
      - {{conv: {{F: 3, K: K, P: same}}, name: conv}}
      - {{crop: {{bottom: conv.H - H + 1}}, expect: [conv.C, H - 1, skip.W]}}
layers:
  - {{conv: {{F: 3, K: 8, S: 2, P: 1}}, name: stem}}
  - {{conv: {{F: 3, K: 8, S: 2, P: 1}}, name: enc.2}}
  - maxpool: {{F: 2}}
  - {{up: {{skip: enc.2, K: 2*stem.C}}, name: first}}
  - {{up: {{skip: stem, K: stem.C}}, name: second}}
  - resize: {{to: [input.H, input.W]}}
"""


def checked(text: str) -> Checked:
    return check(io.StringIO(text))


@pytest.mark.parametrize("size", [(33, 21), (64, 48)])
def test_sizes_are_those_of_the_layers(size: tuple[int, int]) -> None:
    H, W = size
    found = checked(DECODER.format(H=H, W=W))
    assert found.diagnostics == ()
    assert found.spec is not None
    graph = found.spec.graph
    stem, second = graph.by_name["stem"].shape, graph.by_name["enc.2"].shape
    assert graph.by_name["first.conv"].shape == (16, *second[1:])
    assert graph.by_name["second.conv"].shape == (8, *stem[1:])
    assert graph.shape(graph.outputs[0]) == (8, H, W)


def test_another_input_gives_other_sizes() -> None:
    spec = checked(DECODER.format(H=33, W=21)).spec
    assert spec is not None
    larger = spec.at((3, 65, 40))
    assert larger is not None
    assert larger.shape(larger.outputs[0]) == (8, 65, 40)


INNER = """
input: {C: 1, H: 6, W: 4}
blocks:
  unit:
    args: {n: 1}
    layers:
      - {maxpool: {F: [2, 1], S: 1}, name: a}
      - {resize: {to: [a.H + n, a.W]}, name: b}
layers:
  - {unit: {}, name: x1, repeat: 2}
  - {unit: {n: x1.a.H}, name: y}
"""


def test_a_name_is_looked_up_where_it_stands() -> None:
    spec = checked(INNER).spec
    assert spec is not None
    shapes: dict[str, Shape] = {step.name: step.shape for step in spec.graph.steps}
    assert shapes["x1.b"] == (1, 6, 4)
    assert shapes["x2.b"] == (1, 6, 4)
    assert shapes["y.b"] == (1, 10, 4)


def test_a_layer_may_be_called_like_a_size() -> None:
    text = "input: {C: 1, H: 4, W: 4}\nblocks: {b: {args: {of: required}, layers: [{add: [of, []]}]}}\nlayers:\n"
    text += "  - {relu: {}, name: a}\n  - {tanh: {}, name: a.H}\n  - b: {of: a.H}\n"
    spec = checked(text).spec
    assert spec is not None
    assert spec.graph.steps[-1].inputs == ("a.H", "a.H")


ONE = "input: {C: 1, H: 4, W: 4}\nlayers:\n  - {conv: {F: 1, K: 2}, name: stem}\n  - {flatten: {}, name: flat}\n"


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ("stm.H", "E107", "no earlier layer is called `stm`"),
        ("flat.H", "E105", "`flat` gives a vector"),
        ("stem.K", "E105", "attributes are not part of the arithmetic"),
        ("stem.H.W", "E107", "no earlier layer is called `stem.H`"),
        ("later.H", "E107", "it comes later"),
    ],
)
def test_sizes_that_there_are_not(wrong: str, code: str, said: str) -> None:
    text = f"{ONE}  - {{from: stem}}\n  - {{slice: {{to: {wrong}}}}}\n  - {{relu: {{}}, name: later}}\n"
    found = [d for d in checked(text).diagnostics if d.code.startswith("E")]
    assert [d.code for d in found] == [code]
    assert said in f"{found[0].message} {found[0].label} {found[0].why}"
    assert found[0].span is not None
    assert found[0].span.line == 6


def test_a_misspelt_name_is_mended_alone() -> None:
    (found,) = [d for d in checked(f"{ONE}  - {{dense: {{K: 2*stm.H + 1}}}}\n").diagnostics if d.fixes]
    ((span, new),) = found.fixes[0].edits
    assert (new, span.end_column - span.column) == ("stem", len("stm"))


def test_only_its_own_mistake_is_reported() -> None:
    text = "input: {C: 1, H: 4, W: 4}\nlayers:\n  - {conv: {F: 9, K: 2}, name: stem}\n  - resize: {to: stem.H}\n"
    assert [d.code for d in checked(text).diagnostics] == ["E203"]
