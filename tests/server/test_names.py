"""Definitions, references and new names of blocks, arguments and layers."""

from __future__ import annotations

import pytest
from cursor import CURSOR, cursor

from cnnspec.diagnostics import Fix
from cnnspec.language.syntax.edits import apply
from cnnspec.server.names import RenameError, definitions, occurrences, references, rename
from cnnspec.server.reading import read
from cnnspec.spec import bundled

SPEC = """\
input: {C: 4, H: 8, W: 8}
blocks:
  part:
    args: {K: required, wide: 2*K, tail: []}
    layers:
      - {conv: {F: 1, K: wide}, name: first}
      - {conv: {F: 1, K: K + wide - wide}, name: second}
      - add: [first.x, [{conv: {F: 1, K: 2*K}}]]
      - tail
  whole: {args: {K: 4}, layers: [{part: {K: K, tail: [relu]}, name: inner}]}
layers:
  - {part: {K: C}, name: a}
  - {whole: {K: 3}, name: stage.1, repeat: 2}
  - from: a.second
  - from: stage.2.inner.first
  - {relu: {}, name: "q"}
  - concat: [q, a, relu1, stage.1]
  - {relu: {}, name: end}
outputs: [end]
train: {freeze: [a.first]}
expect: {output: {end: [26, 8, 8]}}
""".replace("[first.x,", "[first,").replace("relu1", "q")


def marked(text: str, needle: str) -> str:
    """A text with the cursor in the needle, in which `¦` says where."""
    plain = needle.replace(CURSOR, "")
    assert text.count(plain) == 1, plain
    return text.replace(plain, needle)


def cut(text: str, spans: list[tuple[int, int, int, int]]) -> list[str]:
    lines = text.split("\n")
    return [f"{line}:{lines[line - 1][start - 1 : end - 1]}" for line, start, _, end in spans]


@pytest.mark.parametrize(
    ("needle", "where"),
    [
        ("{pa¦rt: {K: C}", ["3:part"]),
        ("[{pa¦rt: {K: K,", ["3:part"]),
        ("whole¦: {K: 3}", ["10:whole"]),
        ("K: wi¦de}, name: first", ["4:wide"]),
        ("K + wide - w¦ide}", ["4:wide"]),
        ("2*¦K,", ["4:K"]),
        ("{part: {¦K: C}", ["4:K"]),
        ("- ta¦il\n", ["4:tail"]),
        ("[f¦irst, [", ["6:first"]),
        ("from: a.sec¦ond", ["7:second"]),
        ("from: ¦a.second", ["12:a"]),
        ("from: sta¦ge.2.inner", ["13:stage.1"]),
        ("stage.2.inn¦er.first", ["10:inner"]),
        ("stage.2.inner.fi¦rst", ["6:first"]),
        ("[¦q, a", ["16:q"]),
        ("outputs: [e¦nd", ["18:end"]),
        ("freeze: [a.fi¦rst]", ["6:first"]),
        ("output: {en¦d", ["18:end"]),
        ("inp¦ut", []),
    ],
)
def test_definitions(needle: str, where: list[str]) -> None:
    assert cut(SPEC, definitions(*cursor(marked(SPEC, needle)))) == where  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("needle", "where"),
    [
        ("  pa¦rt:\n", ["3:part", "10:part", "12:part"]),
        ("name: en¦d", ["18:end", "19:end", "21:end"]),
        ("name: ¦a}", ["12:a", "14:a", "17:a", "20:a"]),
        ("name: fi¦rst", ["6:first", "8:first", "15:first", "20:first"]),
        ("wi¦de: 2*K", ["4:wide", "6:wide", "7:wide", "7:wide"]),
        ("name: stage.¦1", ["13:stage.1", "15:stage.2", "17:stage.1"]),
    ],
)
def test_references(needle: str, where: list[str]) -> None:
    at = cursor(marked(SPEC, needle))
    assert sorted(cut(SPEC, references(*at)), key=lambda place: int(place.partition(":")[0])) == where  # type: ignore[arg-type]
    assert len(references(*at, with_definition=False)) == len(where) - 1


def renamed(text: str, needle: str, new: str) -> str:
    at = cursor(marked(text, needle))
    edits = rename(*at, new)
    return apply(at.reading.source, [Fix("", tuple(edits))])[0]


@pytest.mark.parametrize(
    ("needle", "new", "old_words", "new_words"),
    [
        ("  pa¦rt:\n", "piece", ["  part:", "{part:"], ["  piece:", "{piece:"]),
        ("name: st¦age.1", "deep.3", ["stage.1", "stage.2"], ["deep.3", "deep.4"]),
        (
            "name: fi¦rst",
            "one",
            ["name: first", "[first", "r.first", "a.first"],
            ["name: one", "[one", "r.one", "a.one"],
        ),
        ("name: ¦a}", "x-1", ["name: a}", "a.s", "q, a,", "a.f"], ["name: x-1}", "x-1.s", "q, x-1,", "x-1.f"]),
        ("wide - wi¦de", "w", ["wide"], ["w"]),
        ('name: "¦q"', "z", ['"q"', "[q", ", q"], ['"z"', "[z", ", z"]),
    ],
)
def test_rename(needle: str, new: str, old_words: list[str], new_words: list[str]) -> None:
    wanted = SPEC
    for old, word in zip(old_words, new_words, strict=True):
        assert old in wanted
        wanted = wanted.replace(old, word)
    assert renamed(SPEC, needle, new) == wanted
    assert not [d for d in read("net.yaml", wanted).diagnostics if d.severity == "error"]


@pytest.mark.parametrize(
    ("needle", "new", "why"),
    [
        ("name: en¦d", "q", "two layers are called `q`"),
        ("name: en¦d", "a b", "a name has letters"),
        ("name: en¦d", "input", "this cannot be a layer's name"),
        ("  pa¦rt:\n", "conv", "that is a layer kind"),
        ("  pa¦rt:\n", "whole", "the key `whole` is written twice"),
        ("wi¦de: 2*K", "K", "the key `K` is written twice"),
        ("wi¦de: 2*K", "C", "C, H and W are the arriving tensor's"),
        ("ad¦d: [first", "join", "`add1` is counted: give the layer a `name`"),
        ("F: ¦1, K: wide", "x", "no name is here"),
    ],
)
def test_names_that_cannot_be_had(needle: str, new: str, why: str) -> None:
    with pytest.raises(RenameError, match=why):
        renamed(SPEC, needle, new)


def test_a_name_that_would_mean_another_layer_is_refused() -> None:
    """The inner `x` would be taken in place of the outer one."""
    text = """\
input: {C: 4, H: 8, W: 8}
blocks:
  part: {layers: [{relu: {}, name: y}, {tanh: {}, name: z}, {add: [x, []]}]}
layers: [{relu: {}, name: x}, {part: {}, name: p}]
"""
    assert not [d for d in read("net.yaml", text).diagnostics if d.severity == "error"]
    with pytest.raises(RenameError, match="another"):
        renamed(text, "name: ¦y", "x")


@pytest.mark.parametrize("name", bundled.names())
def test_words_stand_where_they_are_said_to(name: str) -> None:
    """Whatever is a name in a bundled spec can be renamed there and back."""
    path = bundled.folder() / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    reading = read(str(path), text)
    found = occurrences(reading)
    for each in found:
        (written,) = cut(text, [each.span])
        assert each.name.sort == "layer" or written.endswith(f":{each.name.text}")
    layers = [each for each in found if each.name.sort == "layer" and not each.name.is_counted]
    for each in (found[0], *layers[:1], *layers[-1:]):
        edits = rename(reading, each.span.line, each.span.column, "renamed-9") if not each.name.is_counted else []
        after, _ = apply(reading.source, [Fix("", tuple(edits))])
        old = reading.source.lines[each.name.place.line - 1][
            each.name.place.column - 1 : each.name.place.end_column - 1
        ]
        again = read(str(path), after)
        back = rename(again, each.name.place.line, each.name.place.column, old) if edits else []
        assert apply(again.source, [Fix("", tuple(back))])[0] == text
