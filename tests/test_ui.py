"""What `validate` prints, word for word: the pages of the codes and further cases in `tests/ui`.

In these files a `yaml` block with a `text` block behind it is a spec, `net.yaml`, and what is printed for it; a
`yaml` block by itself is a spec without findings. `pytest --update-ui` writes the text blocks anew: read the
difference before committing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

import cnnspec
from cnnspec.cli import group
from cnnspec.diagnostics.catalogue import FOLDER, codes, page, title

PACKAGE = Path(cnnspec.__file__).parent
UI = Path(__file__).parent / "ui"
BLOCK = re.compile(r"^```(yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = tuple(code for code in codes() if code.startswith(("E4", "E5", "W4")))
"""Codes of files, weights and images, and of training: a spec alone cannot show them."""


@dataclass(frozen=True)
class Case:
    """A spec with the place of its message in the file; None for a spec without findings."""

    file: Path
    spec: str
    shown: tuple[int, int] | None

    @property
    def expected(self) -> str:
        start, end = self.shown or (0, 0)
        return self.file.read_text(encoding="utf-8")[start:end]


def cases() -> Iterator[Case]:
    pages = (FOLDER / f"{code}.md" for code in codes() if code not in FILES)
    for file in (*pages, *sorted(UI.glob("*.md"))):
        blocks = [*BLOCK.finditer(file.read_text(encoding="utf-8")), None]
        for block, after in pairwise(blocks):
            if block is not None and block[1] == "yaml":
                shown = after.span(2) if after is not None and after[1] == "text" else None
                yield Case(file, block[2], shown)


def name(case: Case) -> str:
    line = case.file.read_text(encoding="utf-8").partition(case.spec)[0].count("\n")
    return f"{case.file.stem}:{line}"


def validate(spec: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    (folder / "net.yaml").write_text(spec, encoding="utf-8")
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(group, ["validate", "net.yaml"], standalone_mode=False)
    assert result.exception is None
    return result.return_value, result.stdout


MESSAGES = [case for case in cases() if case.shown][::-1]  # from the end: an update moves what follows
CLEAN = [case for case in cases() if not case.shown]


@pytest.mark.parametrize("case", MESSAGES, ids=name)
def test_message(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    code, said = validate(case.spec, tmp_path, monkeypatch)
    said = said.rstrip("\n") + "\n"
    if request.config.getoption("--update-ui") and case.shown:
        text = case.file.read_text(encoding="utf-8")
        case.file.write_text(text[: case.shown[0]] + said + text[case.shown[1] :], encoding="utf-8")
    else:
        assert said == case.expected
    assert code == ("error[" in said)


@pytest.mark.parametrize("case", CLEAN, ids=name)
def test_cure(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = validate(case.spec, tmp_path, monkeypatch)
    assert re.fullmatch(r"ok net\.yaml: .*\n", said)
    assert code == 0


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    assert set(re.findall(r'"([EW][0-9]{3})"', sources)) == set(codes())


@pytest.mark.parametrize("code", codes())
def test_page_explains_its_code(code: str) -> None:
    assert page(code).startswith(f"# {code}: ")
    assert len(title(code)) < 80
    if code not in FILES:
        own = [case for case in cases() if case.file.stem == code]
        assert any(f"[{code}]" in case.expected for case in own if case.shown), "no message shows the code"
        assert [case for case in own if not case.shown], "no cure"


@pytest.mark.parametrize("code", FILES)
def test_code_of_files_is_shown_by_a_test(code: str) -> None:
    tests = (file.read_text(encoding="utf-8") for file in UI.parent.glob("test_*.py"))
    assert any(code in text for text in tests)
