"""`cnnspec explain`: every layer, key and code has a page that reads well."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from textwrap import dedent
from typing import Any

import pytest
from checkout import ROOT, TESTS
from click.testing import CliRunner

from cnnspec.cli import group
from cnnspec.diagnostics import catalogue
from cnnspec.language import keywords
from cnnspec.language.sections.train import Train
from cnnspec.language.values import synonyms
from cnnspec.language.values.field_types import field_types
from cnnspec.layers import find, kinds
from cnnspec.reports.manual.letters import LETTERS, TOPICS
from cnnspec.reports.manual.pages import fields, layer_page, written
from cnnspec.reports.manual.to_markdown import WIDTH, render
from cnnspec.reports.manual.to_terminal import render as told
from cnnspec.spec import check


def invoke(*args: str) -> Any:
    return CliRunner().invoke(group, ["explain", *args])


def printed(*args: str) -> str:
    result = invoke(*args)
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


def process(*args: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cnnspec", "explain", *args]
    return subprocess.run(command, capture_output=True, check=False, text=True, env=environment)


def section(page: str, title: str) -> str:
    """The text under a heading, which may go on after the title."""
    found = re.search(rf"^## {title}.*?\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("kind", kinds())
def test_page_of_a_layer(kind: str) -> None:
    layer = find(kind)
    page = printed(kind)
    assert page.startswith(f"# {kind}: ")
    entries = section(page, "Fields")
    for name, info in layer.model_fields.items():
        assert re.search(rf"^    {info.alias or name} [^;]*;\s+(required|default|optional)", entries, re.M)
    assert all(f"- {example.yaml}" in page for example in layer.examples)
    for example in layer.examples:
        if isinstance(example.produces, str):
            assert f"{example.produces}: " in section(page, "Mistakes")
        else:
            shape = "x".join(map(str, example.produces))
            line = rf"^    - {re.escape(example.yaml)} .*-> {shape}\b"
            assert re.search(line, section(page, "Examples"), re.MULTILINE)
    assert not re.search(r"[ \t]$|\n\n\n|None", page, re.MULTILINE)
    assert max(map(len, page.splitlines())) <= 120


@pytest.mark.parametrize("kind", kinds())
def test_tensors_of_a_page(kind: str) -> None:
    held = section(printed(kind), "Tensors of")
    uses = [use for use in layer_page(kind).uses if use.error is None]
    wanted = next((use.step.tensors for use in uses if use.step.tensors), {})
    assert [line.split()[0] for line in held.split("\n") if line] == list(wanted)


def test_page_of_conv(request: pytest.FixtureRequest) -> None:
    golden = TESTS / "golden" / "explain-conv.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(printed("conv"), encoding="utf-8")
    assert printed("conv") == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", catalogue.codes())
def test_page_of_a_code(code: str) -> None:
    assert printed(code) == catalogue.page(code)
    assert printed(code.lower()) == catalogue.page(code)


@pytest.mark.parametrize("key", [*keywords.top(), *keywords.inner()])
def test_page_of_a_key(key: str) -> None:
    page = printed(key)
    assert page.startswith(f"# {key}: {(keywords.inner() | keywords.top())[key]}\n")
    assert not re.search(r"[ \t]$|\n\n\n|None", page, re.MULTILINE)


def test_keys_with_fields_list_them() -> None:
    page = printed("preprocess")
    assert "    scale          a number (> 0, <= 1e6); default 1\n" in page
    assert "It takes `exact` or `floor`." in printed("rounding")
    assert "Beside a layer: the shape" in printed("expect")


@pytest.mark.parametrize("key", keywords.MORE)
def test_example_of_a_key(key: str) -> None:
    page = printed(key)
    assert keywords.MORE[key] in page
    spec = "input: {C: 2, H: 8, W: 8}\nrounding: floor\n" + dedent(page.partition("\n\n    ")[2].join(["    ", ""]))
    assert check(io.StringIO(spec)).diagnostics == ()


@pytest.mark.parametrize("letter", keywords.letters())
def test_page_of_a_letter(letter: str) -> None:
    page = printed(letter)
    assert page.startswith(f"# {letter}: {keywords.letters()[letter]}\n")
    having = {kind for kind in kinds() for field in [find(kind).model_fields] if letter in field}
    said = page.partition("\nA field of ")[2].partition("\n")[0]
    assert set(re.findall(r"`(\w+)`", said)) == having
    assert "## Mistakes" not in page


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        ("F", ["output = (W - F + 2P)/S + 1", "A filter is as deep as its input"]),
        ("S", ["output = (W - F + 2P)/S + 1", "(7 - 3)/2 + 1 = 3 places"]),
        ("K", ["depth of the\noutput is the number of filters", "A filter is as deep as its input"]),
        ("P", ["output = (W - F + 2P)/S + 1", "P = (F - 1)/2 keeps the size"]),
    ],
)
def test_what_the_textbook_says_of_a_letter(letter: str, said: list[str]) -> None:
    page = printed(letter)
    assert [words for words in said if words not in page] == []
    for example in LETTERS[letter].examples:
        shape = "x".join(map(str, example.produces))
        assert re.search(rf"^    - {re.escape(example.yaml)} .*-> {shape}\b", page, re.MULTILINE)


@pytest.mark.parametrize(
    ("word", "pages"),
    [
        ("padding", ["P", "pad"]),
        ("stride", ["S"]),
        ("strides", ["S"]),
        ("kernel_size", ["F"]),
        ("filters", ["K"]),
        ("units", ["K"]),
        ("groups", ["G"]),
        ("dilation", ["D"]),
        ("Conv2D", ["conv"]),
        ("MaxPooling2D", ["maxpool"]),
        ("Linear", ["dense"]),
        ("RELU", ["relu"]),
        ("same", ["P"]),
        ("nearest", ["resize.mode", "upsample.mode", "preprocess.filter"]),
        ("adam", ["train.optimizer"]),
        ("learning_rate", ["rate"]),
        ("RF", ["receptive field"]),
        ("receptive_field", ["receptive field"]),
        ("FLOPs", ["MACs"]),
        ("e203", ["E203"]),
    ],
)
def test_another_word_leads_to_its_pages(word: str, pages: list[str]) -> None:
    found = printed(word)
    called = " and ".join(f"`{page}`" for page in pages)
    opening = "" if pages == ["E203"] else f"`{word}` is {called} here.\n\n"
    assert found == opening + "\n".join(map(printed, pages))


@pytest.mark.parametrize("word", ["pooling", "pool", "norm", "Normalization"])
def test_a_word_for_several_layers_lists_them(word: str) -> None:
    part = "pool" if "pool" in word else "norm"
    listed = [line.split()[0] for line in printed(word).splitlines()[2:] if line[4:5].strip()]
    assert listed == [kind for kind in kinds() if part in kind]


@pytest.mark.parametrize(
    "word", [word for words in (*synonyms._KINDS.values(), *synonyms._FIELDS.values()) for word in words.split()]
)
def test_whatever_validate_suggests_is_found(word: str) -> None:
    assert printed(word).count("# ")


@pytest.mark.parametrize(("word", "said"), [("rrelu", "`leakyrelu: {slope: 0.229}`"), ("activation", "`- relu`")])
def test_a_word_without_an_equal(word: str, said: str) -> None:
    result = invoke(word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("topic", TOPICS)
def test_page_of_a_word_of_the_field(topic: str) -> None:
    assert printed(topic) == f"# {topic}\n\n{TOPICS[topic]}\n"


def test_page_of_a_field() -> None:
    assert printed("rate") == dedent("""\
        # rate: a field of train

        The whole page: `cnnspec explain train`.

        ## Fields

            train.rate  a number (> 0, <= 1e6); default 0.001
                        learning rate; with a schedule the highest
        """)
    assert "The whole pages: `cnnspec explain preprocess pad resize upsample`.\n" in printed("mode")
    assert printed("shift").split("\n")[2:] == printed("train.augment.shift").split("\n")[2:]


def test_every_field_leads_to_its_pages() -> None:
    assert {"rate", "smoothing", "optimizer", "augment", "eps", "mode", "count_padding", "resize"} <= fields().keys()
    for place, field in {entry.name.partition(".")[::2] for found in fields().values() for entry in found}:
        assert re.search(rf"^    {re.escape(field)} ", printed(place), re.MULTILINE)


def test_several_pages() -> None:
    assert printed("relu", "E202") == printed("relu") + "\n" + printed("E202")


def test_everything_is_listed() -> None:
    listed = [line.split()[0] for line in printed().splitlines() if line.startswith("    ") and line[4] != " "]
    assert listed == [
        *kinds(),
        *keywords.top(),
        *keywords.inner(),
        *keywords.letters(),
        *(t.split()[0] for t in TOPICS),
        *catalogue.codes(),
    ]
    assert max(map(len, printed().splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("smothing", "smoothing"),
        ("covn", "conv"),
        ("E2O3", "E203"),
        ("preproces", "preprocess"),
        ("e20", "E20"),
    ],
)
def test_misspelt_names(wrong: str, near: str) -> None:
    result = invoke("relu", wrong)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Did you mean '{near}" in result.stderr


def test_nothing_near() -> None:
    result = invoke("photosynthesis")
    assert result.exit_code == 2
    assert "`cnnspec explain` lists what there is" in result.stderr


def test_fields_in_words() -> None:
    conv = field_types(find("conv"))
    assert conv["K"].describe() == "a whole number (>= 1)"
    assert conv["F"].describe() == "a whole number (>= 1) or a list of 2"
    assert conv["bias"].describe() == "true or false"
    assert field_types(find("dropout"))["p"].describe() == "a number (>= 0, <= 1)"
    assert field_types(Train)["freeze"].describe() == "a list of texts"
    assert field_types(find("permute"))["order"].describe() == "a list of 3 (`C`, `H` or `W` each)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, ""),
        ((1, 1), "1"),
        ((1, 2), "[1, 2]"),
        (1e-5, "1e-5"),
        (1e6, "1e6"),
        (0.5, "0.5"),
        ("C", "C"),
    ],
)
def test_values_as_in_yaml(value: object, text: str) -> None:
    assert written(value) == text


def test_for_a_terminal() -> None:
    page = told(render(layer_page("conv")), 100, colour=True)
    assert page.startswith("\x1b[1mconv: K filters")
    assert "\x1b[36mG\x1b[0m groups split" in page
    assert "    - conv: {F: 3, K: 2} " in page
    code = told(catalogue.page("E401"), 100, colour=True)
    assert "```" not in code
    assert "\n    error[E401]: weights" in code


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize(
    "name", ["conv", "lrn", "train", "preprocess", "P", "rate", "mode", "E203", "W201", "receptive field", ""]
)
def test_no_word_is_cut_at_the_edge_of_a_terminal(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = printed(*filter(None, [name]))
    monkeypatch.setattr("cnnspec.cli.commands.explain.width", lambda: width)
    page = printed(*filter(None, [name]))
    for line in page.splitlines():
        one = line.strip(" -`.")  # a single word that is longer, or a command, which is copied whole
        assert len(line) <= width or " " not in one or f"`{one}`" in whole, line
    assert set(re.findall(r"[A-Za-z]{3,}", page)) == set(re.findall(r"[A-Za-z]{3,}", re.sub("(?m)^```.*", "", whole)))


def test_processes() -> None:
    page = process("conv")
    assert (page.returncode, page.stderr) == (0, "")
    assert page.stdout == printed("conv")
    wrong = process("covn")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean 'conv'?" in wrong.stderr


@pytest.mark.parametrize(("optimize", "code"), [("-O", 0), ("-OO", 2)])
@pytest.mark.parametrize("command", [["explain", "conv"], ["schema"]])
def test_without_docstrings_there_is_no_manual(command: list[str], optimize: str, code: int) -> None:
    called = subprocess.run([sys.executable, optimize, "-m", "cnnspec", *command], capture_output=True, check=False)
    assert called.returncode == code
    assert (b"docstrings" in called.stderr) is bool(code)
