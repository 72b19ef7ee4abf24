"""The rules of the tests, held against their files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from checkout import TESTS
from slow import SLOW


def imported(text: str) -> Iterator[str]:
    """Every word of the names of modules that a file imports, also in programs that it holds as strings."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (word for alias in node.names for word in alias.name.split("."))
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "import" in node.value:
            try:
                yield from imported(node.value)
            except SyntaxError:
                continue


FILES = {str(path.relative_to(TESTS)): path for path in sorted(TESTS.rglob("*.py"))}
NAMES = {path.stem for path in FILES.values() if path.stem.startswith("test_")}


@pytest.mark.parametrize("name", FILES)
def test_no_file_imports_a_test_file(name: str) -> None:
    """What several tests share stands in `tests/support`."""
    assert not NAMES & set(imported(FILES[name].read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "import {}",
        "from {} import FILES",
        "from tests.graph import {}",
        "CODE = 'import sys\\nfrom {} import FILES'",
    ],
)
def test_such_an_import_is_seen(text: str) -> None:
    assert "test_graph" in NAMES & set(imported(text.format("test_graph")))


def test_no_two_files_have_one_name() -> None:
    """`pytest -k` and a traceback name a file by it."""
    names = [path.name for path in FILES.values() if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))


def test_the_folders_are_those_of_the_package() -> None:
    """Beside them stand the tests of what is no room: docs, rules of the house, comparisons, and what tests need."""
    others = {"data", "docs", "fuzz", "golden", "house", "oracle", "peers", "support", "tools", "ui"}
    folders = {path.name for path in TESTS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    rooms = {path.parent.name for path in (TESTS.parent / "cnnspec").glob("*/__init__.py")}
    assert folders - others <= rooms


def test_every_room_has_quick_tests() -> None:
    """A new file is quick until it is named as slow, and what is named is there."""
    names = {path.relative_to(TESTS).with_suffix("").as_posix() for path in TESTS.rglob("test_*.py")}
    rooms = {path.parent.name for path in (TESTS.parent / "cnnspec").glob("*/__init__.py")}
    assert set(SLOW) <= names
    assert {name.partition("/")[0] for name in names - set(SLOW)} >= rooms
