"""Characters that only look like those of the language: found and mended in every place, but not in free text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processor_time import about

from cnnspec.graph.layer import Join
from cnnspec.language.sections.header import Header
from cnnspec.language.syntax.lookalike_characters import MARKS, plain, straight
from cnnspec.language.syntax.lookalike_scanner import FREE, LABELLED, LISTS
from cnnspec.language.syntax.lookalikes import LINES, straightened
from cnnspec.language.syntax.nodes import Mapping, Node, Scalar, Sequence
from cnnspec.language.syntax.parser import parse
from cnnspec.language.syntax.source import Source
from cnnspec.language.values.field_types import field_types
from cnnspec.layers import find, kinds
from cnnspec.spec import bundled, check, load
from cnnspec.spec.mending import mend

SPEC = """\
name: LeNet
about: 'what it is'
input: {C: 1, H: 8, W: 8}
layers:
  - conv: {F: 3, K: 2*C, P: (F-1)/2}
  - {relu: {}, name: first}
  - add: {main: [relu], short: []}
  - conv:
      F: [3, 3]
      K: 4
  - maxpool: {F: 2}
  - flatten
  - dense: {K: 2}
classes: [cat, dog]
expect: {params: "<= 1M"}
train:
  rate: 0.5
  data: digits
"""


def wide(character: str) -> str:
    """The full-width form of an ASCII character."""
    return "\u3000" if character == " " else chr(ord(character) + 0xFEE0)


def content(node: Node) -> object:
    """A tree without its places."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [content(item) for item in node.items]
    return {key.text: content(value) for key, value in node.items}


def read(text: str) -> object:
    root, found = parse(Source("", text))
    assert root is not None, (found, text)
    return content(root)


def mended(text: str) -> str:
    return mend(check(io.StringIO(text))).text


def free(text: str) -> list[tuple[int, int]]:
    """Where a text takes what is written as it stands: values of free keys, and comments."""
    source = Source("", text)
    root, _ = parse(source)
    assert isinstance(root, Mapping)
    values = [value for key, value in root.items if key.text in FREE]
    train = root.get("train")
    values += [value for key, value in train.items if key.text == "data"] if isinstance(train, Mapping) else []
    places = [(source.offset(*value.span.start), source.offset(*value.span.end)) for value in values]
    places += [(source.offset(*key.span.start), source.offset(*key.span.end)) for key in labels(root)]
    return places + [match.span() for match in re.finditer(r"(?<!\S)#.*", text)]


def labels(node: Node) -> Iterator[Scalar]:
    """The keys of branches, which are for people."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from labels(item)
    elif isinstance(node, Mapping):
        for key, value in node.items:
            if key.text in LABELLED and isinstance(value, Mapping):
                yield from (label for label, _ in value.items)
            yield from labels(value)


def typed(text: str, share: int, seed: int) -> str:
    """The text with a share of its characters, in percent, in full width."""
    kept = free(text) + [match.span() for match in re.finditer(r"^ +", text, re.MULTILINE)]
    chosen, chosen_at = [], Random(seed)
    for at, character in enumerate(text):
        is_free = character == "\n" or any(start <= at < end for start, end in kept)
        chosen.append(wide(character) if not is_free and chosen_at.random() * 100 < share else character)
    return "".join(chosen)


def strict() -> list[int]:
    """Where `SPEC` has characters of the language."""
    places = free(SPEC)
    return [at for at, c in enumerate(SPEC) if c != "\n" and not any(start <= at < end for start, end in places)]


@pytest.mark.parametrize("at", strict())
def test_each_character_in_full_width_is_mended(at: int) -> None:
    text = SPEC[:at] + wide(SPEC[at]) + SPEC[at + 1 :]
    found = check(io.StringIO(text)).diagnostics
    assert [d.code for d in found] == ["E009"], found
    assert SPEC[at] == " " or f"`{wide(SPEC[at])}` is not `{SPEC[at]}`" in found[0].message
    assert read(mended(text)) == read(SPEC)


@pytest.mark.parametrize("name", bundled.names())
@pytest.mark.parametrize("share", [3, 60, 100])
def test_a_spec_typed_in_full_width_is_mended(name: str, share: int) -> None:
    path = bundled.path(name)
    assert path
    text = path.read_text(encoding="utf-8")
    assert read(straightened(Source("", typed(text, share, 1)))[0].text) == read(text)


@pytest.mark.parametrize("space", ["\u3000", "\u00a0\u00a0", " \u2003", "\u200b  "])
def test_lines_indented_with_other_spaces(space: str) -> None:
    text = re.sub("^(  )+", lambda found: space * (len(found[0]) // 2), SPEC, flags=re.MULTILINE)
    assert read(mended(text)) == read(SPEC)


@given(st.integers(0, 100), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_any_part_of_a_spec_in_full_width_is_mended(share: int, seed: int) -> None:
    assert read(straightened(Source("", typed(SPEC, share, seed)))[0].text) == read(SPEC)


ALIKE = {
    ":": ["：", "﹕", "∶"],
    ",": ["，", "、", "；"],
    "{": ["｛"],
    "}": ["｝"],
    "[": ["［", "【", "〔"],
    "]": ["］", "】", "〕"],
    '"': ["“", "”", "「", "＂"],
    "'": ["‘", "’", "＇"],
    " ": ["\u00a0", "\u3000", "\u2009", "\u202f"],
    "-": ["－", "–", "—", "−"],
    "C": ["Ｃ", "С"],
    "K": ["Ｋ", "К", "Κ", "𝐊"],
    "3": ["３", "𝟛"],
    "*": ["＊", "×"],
    "/": ["／", "÷"],
    "": ["\u200b", "\u2060", "\u00ad"],
}


@pytest.mark.parametrize(("ours", "theirs"), [(ours, theirs) for ours, all in ALIKE.items() for theirs in all])
def test_each_lookalike_in_each_place(ours: str, theirs: str) -> None:
    for at in strict():
        if not SPEC.startswith(ours or "relu", at):
            continue
        text = SPEC[:at] + theirs + SPEC[at + len(ours) :]
        found = check(io.StringIO(text)).diagnostics
        assert {d.code for d in found} == {"E009"}, text
        assert f"U+{ord(theirs):04X}" in found[0].why + found[0].message
        assert read(mended(text)) == read(SPEC)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("space", [" ", "\u00a0", "\u3000"])
def test_marks_of_a_list(mark: str, space: str) -> None:
    text = SPEC.replace("  - ", f"  {mark}{space}").replace("[cat, dog]", f"\n  {mark}{space}cat\n  {mark}{space}dog")
    assert read(mended(text)) == read(SPEC)


@pytest.mark.parametrize("mark", ["－", "–", "•", "—"])
def test_a_mark_without_its_space(mark: str) -> None:
    assert read(mended(SPEC.replace("  - flatten", f"  {mark}flatten"))) == read(SPEC)


def test_tabs_in_place_of_each_two_spaces() -> None:
    text = SPEC.replace("  ", "\t").replace("- ", "-\t")
    found = check(io.StringIO(text)).diagnostics
    assert [(d.code, d.message) for d in found] == [("E001", "a tab cannot indent")]
    assert read(mended(text)) == read(SPEC)


def test_a_tab_among_spaces_is_named_and_left() -> None:
    text = SPEC.replace("  - flatten", "\t- flatten")
    assert [d.message for d in check(io.StringIO(text)).diagnostics] == ["a tab cannot indent"]
    assert mended(text) == text


@pytest.mark.parametrize("line", ["\t", "  \t ", "\t# a comment", "\u3000", "\u3000# ：", "  \t# ："])
def test_lines_without_anything_are_mended(line: str) -> None:
    text = SPEC.replace("layers:\n", f"layers:\n{line}\n")
    mended_text = mended(text)
    assert read(mended_text) == read(SPEC)
    assert mended_text.count("：") == text.count("：")


@pytest.mark.parametrize(
    "text",
    [
        "name: 数字：网络，“一”\n",
        "about: |\n  • 一\n  – 二：三，四\n",
        "about: 一\n  – 二：三\n",
        "about: “好” – ×３\n",
        'about: "一：二\n  ，三”"\n',
        "classes: [猫：一, “狗”]\n",
        "classes:\n  - 猫，狗\n  - ３–５\n",
        "# 注释：｛，\n",
        "#\u3000注释\n",
        "cnnspec: 1 # ：，\u00a0–\n",
        "about: |\n  x\n  \t\n\n",
        "weights: 【最终】－１.safetensors\n",
        "train: {data: 数据，一}\n",
        "train:\n  data: 数据－一\n",
    ],
)
def test_nothing_is_said_of_free_text_and_comments(text: str) -> None:
    text += "input: {C: 1, H: 8, W: 8}\nlayers:\n  - add: {主路: [relu], “捷径”－１: []}\n  - {flatten: {}}\n"
    text += "  - dense: {K: 2}\n"
    assert [d for d in check(io.StringIO(text)).diagnostics if d.code[1:] < "200"] == []


def test_what_comes_behind_is_found_in_the_same_run_at_its_place() -> None:
    text = "input：{C：１，H：8，W：8}\nlayers：\n  • cnov：{F：3}\n  - dense：｛K： x｝\n"
    said = [(d.code, d.span.line if d.span else 0) for d in check(io.StringIO(text)).diagnostics]
    assert [line for code, line in said if code == "E009"] == [1, 2, 3, 4]
    (wrong,) = (d for d in check(io.StringIO(text)).diagnostics if d.code == "E101")
    assert wrong.span is not None
    assert text.splitlines()[2][wrong.span.column - 1 : wrong.span.end_column - 1] == "cnov"


def test_a_name_in_another_alphabet_is_left_and_told_which_letters() -> None:
    text = SPEC.replace("first", "卷积１")
    (found,) = check(io.StringIO(text)).diagnostics
    assert (found.code, mended(text)) == ("E109", text)
    assert "`a` to `z`" in found.why


def test_the_keys_whose_text_is_free_are_those_of_the_header() -> None:
    """All texts that are no names of layers."""
    free, lists = set[str](), set[str]()
    models = {"": Header} | {f"{key}.": type.model for key, type in field_types(Header).items() if type.model}
    for place, model in models.items():
        for key, type in field_types(model).items():
            ways = type.descriptions()
            if "text" in ways:
                free.add(place + key)
            if "a list of texts" in ways and "text" in ways:
                lists.add(place + key)
    assert (frozenset(free), frozenset(lists)) == (FREE, LISTS)


def test_labelled_are_the_joins() -> None:
    assert {kind for kind in kinds() if issubclass(find(kind), Join)} == LABELLED


def test_what_changes_a_meaning_is_no_lookalike() -> None:
    assert [plain(c) for c in "²½①Ⅳ卷é"] == [None] * 6
    assert straight("ｃｏｎｖ２") == "conv2"
    assert straight("卷积２") is None


@pytest.mark.parametrize(
    "text",
    [
        "input：" + "［" * 200_000,
        "layers: [" + "１，" * 150_000,
        "layers: [" + "“" * 200_000,
        "layers: {" + "a：" * 150_000,
        "layers: [" + "'é" * 150_000,
        "x: é\n" + "“é" * 150_000,
        "：\n" * 250_000,
        "－" * 300_000,
    ],
)
def test_a_large_text_is_read_in_time(text: str) -> None:
    with about(2):
        _, found = parse(Source("", text))
    assert len(found) <= LINES + 3


@pytest.mark.parametrize(
    "text", ["input: {C： ", "input：{C：", "layers：［", "a：“", "a： '", "：", "－", "“", "＃", "\u3000"]
)
def test_a_text_that_breaks_off_is_read(text: str) -> None:
    for end in range(len(text) + 1):
        _, found = parse(Source("", text[:end]))
        assert all(d.span is not None for d in found)


def test_a_text_that_goes_on_is_indented_with_spaces() -> None:
    text = SPEC.replace("LeNet\n", "一\n\u3000\u3000– ２\n")
    assert read(mended(text)) == read(text.replace("\u3000\u3000", "  "))
    assert "– ２" in mended(text)


def test_many_lines_are_mended_all() -> None:
    text = SPEC.replace("  - flatten\n", "  －relu\n" * 1000 + "  - flatten\n")
    found = check(io.StringIO(text)).diagnostics
    assert [d.code for d in found] == ["E009"] * (LINES + 1)
    assert "800 lines" in found[-1].help
    assert mended(text) == text.replace("－", "- ")


@pytest.mark.parametrize("words", ["LeNet – small", "Net：1", "“quoted”", "it’s", "猫，狗"])
def test_free_text_behind_keys_in_quotes_stays_as_it_is(words: str) -> None:
    """As in JSON, and so in every mapping that is given to `load`."""
    layers = [{"add": {words: ["relu"], "plain": []}}, "flatten"]
    spec = load(
        {"name": words, "about": words, "input": {"C": 1, "H": 1, "W": 2}, "layers": layers, "classes": [words, "b"]}
    )
    assert (spec.header.name, spec.header.about, spec.header.classes) == (words, words, (words, "b"))


@pytest.mark.parametrize("name", ['"«a»"', "'it’s'", '"a＼b"'])
def test_what_is_mended_can_be_read(name: str) -> None:
    text = f"input: {{C: 1, H: 4, W: 4}}\nlayers:\n  - {{relu: {{}}, name: {name}}}\n"
    found = check(io.StringIO(text))
    assert found.diagnostics
    assert "E001" not in {d.code for d in found.diagnostics}
    again = check(io.StringIO(mend(found).text))
    assert "E001" not in {d.code for d in again.diagnostics}
