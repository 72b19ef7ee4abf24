"""What is told of the word under the cursor."""

from __future__ import annotations

import pytest
from cursor import cursor

from cnnspec.server.hover import hover
from cnnspec.spec import bundled

RESNET = (bundled.folder() / "resnet50.yaml").read_text(encoding="utf-8")
SPEC = """\
input: {C: 4, H: 9, W: 11}
blocks:
  part:
    args: {K: required, half: K/2, join: add}
    layers:
      - {conv: {F: [3, 5], K: half, P: (F-1)/2}, name: first}
      - relu
layers:
  - {part: {K: 2*C}, name: a}
  - {part: {K: 4*C}, name: b}
  - {conv: {F: 3, K: 5}, name: last, expect: [C-3, H-2, W-2]}
  - concat: [[], last]
  - {droppath: {p: 1/4}, name: end}
preprocess: {scale: 1/255}
train: {optimizer: adam}
"""


def told(text: str) -> str:
    found = hover(*cursor(text))
    return found.text if found else ""


def at(before: str, behind: str, text: str = SPEC) -> str:
    """What is told where `before` and `behind` stand beside each other."""
    assert text.count(before + behind) == 1
    return told(text.replace(before + behind, f"{before}¦{behind}"))


def test_a_layer() -> None:
    said = at("{co", "nv: {F: 7", RESNET)
    assert said.startswith("`conv1`: 3x224x224 -> 64x112x112  \n9,408 parameters, 118,013,952 MACs, receptive field 7")
    assert "# conv: K filters" in said, "its manual page"


def test_a_layer_by_its_name() -> None:
    assert at("name: f", "c}", RESNET).startswith("`fc`: 2048 -> 1000  \n2,049,000 parameters, 2,048,000 MACs")
    assert "receptive field none" in at("name: f", "c}", RESNET)


def test_a_layer_of_a_block_in_each_use() -> None:
    said = at("{con", "v: {F: [3, 5]")
    assert "| `a.first` | 4x9x11 -> 4x9x11 | 244 | 23,760 | 3x5 |" in said
    assert "| `b.first` | 4x9x11 -> 8x9x11 | 488 | 47,520 | 5x9 |" in said


def test_a_use_of_a_block() -> None:
    said = at("- {pa", "rt: {K: 4*C}")
    assert said.startswith("`part: {K: required, half: K/2, join: add}`\n\n`b`: 4x9x11 -> 8x9x11  \n488 parameters")


def test_a_join() -> None:
    assert at("con", "cat: [[]").startswith("`concat1`: 5x7x9, 5x7x9 -> 10x7x9  \n0 parameters")


def test_many_uses_are_not_all_told() -> None:
    assert "| and 8 more | | | | |" in at("- ad", "d:\n", RESNET)


@pytest.mark.parametrize(
    ("before", "behind", "value"),
    [
        ("K: 2", "*C}", "`2*C` = 8"),
        ("K: ", "half", "`half` = 4, 8"),
        ("half: K", "/2", "`half` = 4, 8"),
        ("args: {K: req", "uired", "`K` = 8, 16"),
        ("P: (F", "-1)/2", "`(F-1)/2` = 1, 2"),
        ("[C", "-3", "`C-3` = 5"),
        ("p: 1", "/4", "`1/4` = 0.25"),
        ("scale: 1/", "255", "`1/255` = 0.00392157"),
    ],
)
def test_an_expression_has_its_value(before: str, behind: str, value: str) -> None:
    assert at(before, behind).split("\n")[0] == value


def test_a_plain_number_has_none() -> None:
    assert at("K: ", "5}") == ""


def test_a_field_a_letter_a_word_and_a_key() -> None:
    assert "# F: size of the window" in at("conv: {", "F: 3,")
    assert "a whole number (>= 1)" in at("conv: {", "F: 3,")
    assert "droppath.p" in at("droppath: {", "p:")
    assert "train.optimizer" in at("optimizer: ad", "am")
    assert at("pre", "process").startswith("# preprocess: ")
    assert at("ex", "pect").startswith("# expect: ")
    assert "an argument of `part`" in at("- {part: {", "K: 2*C")


def test_a_name_tells_of_its_layer() -> None:
    assert at("[[], la", "st]").startswith("`last`: 8x9x11 -> 5x7x9")


def test_nothing_is_told_of_nothing() -> None:
    assert told("¦") == ""
    assert told(f"{SPEC}\n\n¦") == ""
    assert told(SPEC.replace("input: {C: 4", "input: ¦ {C: 4")) == ""


def test_behind_a_mistake() -> None:
    """Layers before and behind it are told of as far as their shapes are known."""
    broken = SPEC.replace("name: last", "nam: last").replace("last]", "b]")
    assert "`a`: 4x9x11" in at("- {pa", "rt: {K: 2*C}", broken)
    half = SPEC.replace("- {conv: {F: 3, K: 5}, name: last, expect: [C-3, H-2, W-2]}", "- {conv: {F: 3, K: ")
    assert at("- {pa", "rt: {K: 4*C}", half).count("`b`: 4x9x11 -> 8x9x11") == 1
