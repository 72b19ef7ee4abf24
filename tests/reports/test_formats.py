"""Reports are data and a file for each format, all of one convention, and the table of formats names what there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cnnspec.reports
from cnnspec.reports.formats import FORMATS, render

ROOM = Path(cnnspec.reports.__file__).parent
TOLD = sorted(ROOM.rglob("to_*.py"))
ELSEWHERE = {"diagnostics", "doctor", "evaluation", "manual", "predictions"}
"""Subjects whose formats take different data, so that their commands choose by themselves."""


def place(file: Path) -> str:
    return file.relative_to(ROOM).as_posix()


def functions(file: Path) -> list[str]:
    nodes = ast.parse(file.read_text(encoding="utf-8")).body
    return [node.name for node in nodes if isinstance(node, ast.FunctionDef)]


def test_there_are_formats() -> None:
    """What goes over files holds nothing where there are none."""
    assert len(TOLD) > 25


@pytest.mark.parametrize("file", TOLD, ids=place)
def test_a_format_is_a_file_with_a_function_render(file: Path) -> None:
    assert "render" in functions(file)


def test_formats_stand_nowhere_else() -> None:
    rest = [file for file in ROOM.rglob("*.py") if file not in TOLD and file.parent.name != "drawing"]
    words = ("text", "json", "markdown", "csv", "html", "svg")
    assert [place(file) for file in rest for name in functions(file) if name.startswith(words)] == []


def test_the_table_names_what_there_is() -> None:
    there: dict[str, set[str]] = {}
    for file in TOLD:
        there.setdefault(".".join(file.parent.relative_to(ROOM).parts), set()).add(file.stem.removeprefix("to_"))
    named = {subject: formats for subject, formats in there.items() if subject not in ELSEWHERE}
    assert {subject: set(formats) for subject, formats in FORMATS.items()} == named


def test_a_format_that_a_subject_does_not_have() -> None:
    with pytest.raises(KeyError, match="csv"):
        render("bundled_specs", "csv", {})
