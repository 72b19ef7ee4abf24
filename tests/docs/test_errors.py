"""docs/errors.md, made from the pages of the codes: `pytest tests/docs/test_errors.py --update-golden` writes it."""

from __future__ import annotations

import os

import pytest
from readme import DOCS

from cnnspec.diagnostics.catalogue import FOLDER, codes, title

PAGE = DOCS / "errors.md"
OPENING = """\
# Errors

Each finding has a code, E for an error and W for a warning, and each code has a page: what went wrong, an example with
its message, and the cure. `cnnspec explain CODE` prints it. Warnings leave the exit code at 0; with
`cnnspec validate --strict` they count as errors.
"""
PARTS = {
    "E0": "Reading YAML",
    "E1": "Words, values and names",
    "E2": "Shapes",
    "E3": "What a spec promises",
    "E4": "Files, weights, images, data",
    "E5": "Training",
    "W": "Warnings",
}


def part(code: str) -> str:
    return next(name for start, name in PARTS.items() if code.startswith(start))


def table(name: str) -> str:
    """The codes of a part."""
    rows = "".join(row(code) for code in codes() if part(code) == name)
    return f"## {name}\n\n| code | severity | what it stands for |\n|---|---|---|\n{rows}"


def row(code: str) -> str:
    file = os.path.relpath(FOLDER / f"{code}.md", DOCS)
    severity = "warning" if code.startswith("W") else "error"
    return f"| [{code}]({file}) | {severity} | {title(code)} |\n"


def test_errors_are_those_that_there_are(request: pytest.FixtureRequest) -> None:
    text = "\n".join([OPENING, *map(table, PARTS.values())])
    if request.config.getoption("--update-golden"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
