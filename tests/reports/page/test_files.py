"""The files that the page is joined of, its words, and how large it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnnspec
from cnnspec import load, report
from cnnspec.reports.page import script as joining
from cnnspec.reports.page.document import style
from cnnspec.reports.page.report import LANGUAGES, words

FOLDER = Path(cnnspec.__file__).parent / "reports" / "page"
SCRIPTS = sorted((FOLDER / "scripts").glob("*.js"))
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def test_every_file_is_in_the_script() -> None:
    text = joining.script()
    for file in SCRIPTS:
        (first, *_) = DECLARED.findall(file.read_text(encoding="utf-8")) or [""]
        assert re.search(rf"^(?:async )?(?:function|const|let|class) {first}\b", text, re.MULTILINE), file
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)


def test_comments_are_left_out() -> None:
    assert "/**" not in joining.script()


def test_no_name_is_declared_twice() -> None:
    """All files stand in one scope."""
    names = [name for file in SCRIPTS for name in DECLARED.findall(file.read_text(encoding="utf-8"))]
    assert sorted(set(names)) == sorted(names)


def test_circles_of_imports_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = {"main": 'import { a } from "./one.js";\n', "one": 'import { b } from "./main.js";\n'}
    monkeypatch.setattr(joining, "source", circle.__getitem__)
    with pytest.raises(ValueError, match="main -> one -> main"):
        joining.script.__wrapped__()


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_text_goes_over_several_lines(file: Path) -> None:
    """Or it would lose its indentation when the files are joined."""
    lines = re.sub(r"/\*\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL).splitlines()
    assert [line for line in lines if line.count("`") % 2] == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_files_are_short(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 160
    assert lines[0].startswith("/**")


def used() -> tuple[set[str], set[str]]:
    """The keys of words that the script asks for, and how those begin that it puts together."""
    text = joining.script()
    return set(re.findall(r'"(\w+\.\w+)"', text)), set(re.findall(r"t\(`(\w+\.)\$", text))


def test_every_word_is_there_in_every_language_and_used() -> None:
    keys, beginnings = used()
    said = {language: words(language)["page"] for language in LANGUAGES}
    assert said["en"].keys() == said["zh"].keys()
    asked = {key for key in keys if key.partition(".")[0] in {known.partition(".")[0] for known in said["en"]}}
    assert asked <= said["en"].keys()
    put_together = {key for key in said["en"] if key.startswith(tuple(beginnings))}
    assert said["en"].keys() - asked - put_together == {"noscript", "old_browser"}


def test_words_take_the_same_values_in_every_language() -> None:
    said = {language: words(language)["page"] for language in LANGUAGES}
    for key, text in said["en"].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", said["zh"][key])), key


def test_budgets() -> None:
    """In bytes; a page of a large network has `--size`."""
    assert len(joining.script()) + len(style()) <= 120_000
    assert report(load("lenet5")).size <= 500_000
