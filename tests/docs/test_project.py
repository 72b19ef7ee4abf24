"""What people and tools find at the top of the repository: one list of checks, the changelog, the templates."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import ROOT
from readme import CONTRIBUTING, pages, text

import cnnspec

CHECKS = re.findall(r"^(\w+)\(\) \{", (ROOT / "check").read_text(encoding="utf-8"), re.MULTILINE)
HOME = "https://github.com/cnnspec/cnnspec"


def test_contributing_lists_the_checks() -> None:
    assert re.findall(r"^\| `\./check (\w+)` \|", text(CONTRIBUTING), re.MULTILINE) == CHECKS


def test_ci_and_commits_run_the_same_checks() -> None:
    (called,) = re.findall(r"^ *\./check (.+)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert called.split() == ["lint", "types", "docs", "editors", "every_test"]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    entries = [hook["entry"].split() for hook in local["hooks"]]
    assert all(program == "./check" and check in CHECKS for program, check in entries)


def test_an_unknown_check_is_refused_before_any_is_run() -> None:
    done = subprocess.run([ROOT / "check", "lint", "lnt"], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no check `lnt`: ")
    assert all(check in done.stderr for check in CHECKS)


def test_changelog_tells_of_this_version() -> None:
    versions = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == "Unreleased" or versions[0].startswith(cnnspec.__version__)
    assert any(version.startswith(cnnspec.__version__) for version in versions)


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda form: form.name
)
def test_issue_forms_are_as_github_wants_them(form: Path) -> None:
    issue: dict[str, Any] = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert issue["name"]
    assert issue["description"]
    ids = [part["id"] for part in issue["body"]]
    assert len(set(ids)) == len(ids)
    for part in issue["body"]:
        assert part["type"] == "textarea"
        assert part["attributes"]["label"]


def test_bugs_come_with_what_is_needed() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8"))
    needed = {part["id"] for part in form["body"] if part.get("validations", {}).get("required")}
    assert {"spec", "command", "output", "doctor"} == needed


def test_there_is_one_address() -> None:
    for page in pages():
        for address in re.findall(r"https://github\.com/\S+?(?=[)\s`])", text(page)):
            assert address.startswith(HOME), (page, address)
