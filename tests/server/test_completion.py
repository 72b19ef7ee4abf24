"""What is offered where a word is being typed."""

from __future__ import annotations

import pytest
from cursor import cursor

from cnnspec.language.sections.train import Train
from cnnspec.layers import kinds
from cnnspec.server.completion import Completion, complete

HEAD = """\
input: {C: 3, H: 32, W: 32}
blocks:
  part:
    args: {K: required, S: 1, body: []}
    layers:
      - {conv: {F: 3, K: K, S: S, P: same}, name: first}
      - relu
layers:
  - {conv: {F: 3, K: 8}, name: stem}
  - relu
"""


def completions(text: str) -> list[Completion]:
    return complete(*cursor(text))


def words(text: str) -> list[str]:
    return [found.offer.word for found in completions(text)]


@pytest.mark.parametrize("typed", ["- ¦", "- c¦", "- {¦", "- add: [[¦", "- add: [[{¦", "- part: {K: 8, body: [¦", "¦"])
def test_a_layer_may_stand_here(typed: str) -> None:
    assert {*kinds(), "part", "from"} <= set(words(f"{HEAD}  {typed}"))


@pytest.mark.parametrize(
    "after", ["", "\n", "\n  - relu\n  - tanh\n", "\nexpect: {output: [3]}\n", "}\n", " # so far\n"]
)
def test_fields_that_are_not_written_yet(after: str) -> None:
    """Whatever comes behind: the text up to the cursor says where it is."""
    assert words(f"{HEAD}  - conv: {{F: 3, P: same, ¦{after}") == ["K", "S", "D", "G", "bias", "rounding"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("- conv: {F: 3, P: ¦", ["same", "same-upper", "valid", "C", "H", "W", "F", "S", "D"]),
        ("- conv: {F: 3, P: sam¦}", ["same", "same-upper", "valid", "C", "H", "W", "F", "S", "D"]),
        ("- conv: {F: 3, K: ¦", ["C", "H", "W"]),
        ("- conv: {F: 3, bias: ¦", ["true", "false"]),
        ("- upsample: {factor: 2, mode: ¦", ["bilinear", "nearest"]),
        ("- conv: {F: 3, P: {¦", ["top", "bottom", "left", "right"]),
        ("- {relu: {}, ¦", ["name", "repeat", "expect"]),
        ("- conv:\n      F: 3\n      P: same\n      ¦", ["K", "S", "D", "G", "bias", "rounding"]),
        ("- from: ¦", ["input", "stem", "relu1"]),
        ("- add: [¦", ["input", "stem", "relu1"]),
        ("- add: [[], st¦]", ["input", "stem", "relu1"]),
        ("- add:\n      main: [relu]\n      side: ¦", ["input", "stem", "relu1", "relu2"]),
        ("- part: {S: 2, ¦", ["K", "body"]),
        ("- part: {K: ¦", ["C", "H", "W", "input", "stem", "relu1"]),
        ("- {part: {K: 8}, repeat: ¦", ["C", "H", "W"]),
        ("- relu: {¦", []),
        ("- relu  # the fi¦", []),
        ("- {relu: {}, name: ¦", []),
    ],
)
def test_what_a_place_knows(typed: str, offered: list[str]) -> None:
    assert words(f"{HEAD}  {typed}") == offered


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("outputs: [¦", ["input", "stem", "relu1"]),
        ("rounding: ¦", ["exact", "floor"]),
        ("train: {optimizer: ¦", ["adam", "adamw", "sgd"]),
        ("train:\n  augment: {¦", ["shift", "crop", "flip", "rotate"]),
        ("train:\n  freeze: [¦", ["input", "stem", "relu1"]),
        ("preprocess: {mode: ¦", ["bgr", "gray", "rgb"]),
        ("train:\n  ¦", list(Train.model_fields)),
        ("train:\n  ep¦", list(Train.model_fields)),
    ],
)
def test_sections(typed: str, offered: list[str]) -> None:
    assert words(HEAD + typed) == offered


def test_keys_of_a_spec() -> None:
    assert {"cnnspec", "input", "layers", "blocks", "train"} <= set(words("¦"))
    left = words(f"{HEAD}¦")
    assert "expect" in left
    assert "input" not in left


def test_in_a_block() -> None:
    """Its arguments, and the layers of its own; also of one that is not used."""
    assert words(HEAD.replace("K: K", "K: ¦")) == ["K", "S", "body", "C", "H", "W"]
    assert words(HEAD.replace("      - relu\n", "      - from: ¦\n")) == ["input", "first"]
    assert "body" in words(HEAD.replace("      - relu\n", "      - ¦\n"))
    assert words(HEAD.replace("args: {", "args: {K: 8, ¦")) == []


def test_only_earlier_layers_are_named() -> None:
    text = HEAD.replace("  - relu\n", "  - from: ¦\n", 2).replace("¦", "stem", 1)
    assert words(f"{text}  - {{relu: {{}}, name: later}}\n") == ["input", "stem"]


def test_shapes_of_names() -> None:
    offers = [found.offer for found in completions(f"{HEAD}  - from: ¦")]
    assert [offer.about for offer in offers] == ["3x32x32", "8x30x30", "8x30x30"]


@pytest.mark.parametrize(
    "broken", ["  - conv: {F: 3\n", "  - {relu: {}, name: 'a\n", "  - conv: F: 3\n", "  -relu\n", "a\n"]
)
def test_mistakes_above_do_not_matter(broken: str) -> None:
    assert words(f"{HEAD}{broken}  - conv: {{F: 3, K: 4, D: 2, ¦")[-5:] == ["P", "S", "G", "bias", "rounding"]


def test_what_is_written() -> None:
    by_word = {found.offer.word: found for found in completions(f"{HEAD}  - co¦")}
    assert by_word["conv"].text == "conv: {F: $1, K: $2}"
    assert by_word["relu"].text == "relu"
    assert by_word["add"].text == "add: [$1, $2]"
    assert by_word["part"].text == "part: {K: $1}"
    assert by_word["conv"].span == (11, 5, 11, 7)
    assert {found.text for found in completions(f"{HEAD}  - conv: {{¦")} >= {"F: ", "bias: "}


def test_a_word_that_is_there_is_replaced() -> None:
    (found,) = (found for found in completions(f"{HEAD}  - con¦v: {{F: 3, K: 4}}") if found.offer.word == "deconv")
    assert (found.text, found.span) == ("deconv", (11, 5, 11, 9))


def test_an_empty_line_begins_an_item() -> None:
    (found,) = (found for found in completions(f"{HEAD}  ¦") if found.offer.word == "tanh")
    assert found.text == "- tanh"
