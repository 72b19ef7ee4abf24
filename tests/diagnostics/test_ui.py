"""What `validate` prints, word for word: the pages of the codes and further cases in `tests/ui`.

`pytest --update-ui` writes the expected messages anew: read the difference before committing it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import TESTS
from click.testing import CliRunner
from ui_cases import CLEAN, FILES, MESSAGES, Case, cases, name

import cnnspec
from cnnspec.cli import group
from cnnspec.diagnostics.catalogue import codes, page, title

PACKAGE = Path(cnnspec.__file__).parent


def validate(spec: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    (folder / "net.yaml").write_text(spec, encoding="utf-8")
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(group, ["validate", "net.yaml"], standalone_mode=False)
    assert result.exception is None
    return result.return_value, result.stdout


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
    tests = (file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py"))
    assert any(code in text for text in tests)
