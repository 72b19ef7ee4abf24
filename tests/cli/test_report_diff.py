"""`report-diff` in a repository with the real git: what is compared, what is said of it, what goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cli import group

NET = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 3, K: 4}\n  - relu\n  - flatten\n  - dense: {K: 5}\n"
WIDER = NET.replace("K: 4", "K: 6")
OTHER = "input: {C: 3, H: 16, W: 16}\nlayers: [relu, flatten, {dense: {K: 8}}]\n"
"""Unlike the others, for a file that is alike is the same under another name."""

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
"""Without what git sets for the hooks of this repository."""


def git(*call: str) -> None:
    settings = ("user.name=A", "user.email=a@example.org", "init.defaultBranch=main", "commit.gpgsign=false")
    options = [option for setting in settings for option in ("-c", setting)]
    subprocess.run(["git", *options, *call], env=ENVIRONMENT, check=True, capture_output=True)


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def commit(**files: str | None) -> None:
    """Files by names with `__` for `/`; None takes one away."""
    for name, text in files.items():
        path = f"{name.replace('__', '/')}.cnn.yaml"
        if text is None:
            Path(path).unlink()
        else:
            write(path, text)
    git("add", "-A")
    git("commit", "-m", "specs", "--allow-empty")


def report(*words: str) -> Result:
    return CliRunner().invoke(group, ["report-diff", *words], standalone_mode=False)


def told(*words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(report(*words, "--format", "json").stdout)["specs"]
    return found


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    top = tmp_path / "a repository"
    top.mkdir()
    monkeypatch.chdir(top)
    git("init")
    commit(models__a=NET, models__b=NET.replace("5", "7"), gone=NET.replace("5", "9"))
    git("checkout", "-b", "pr")
    return top


def test_every_spec_that_differs_is_told() -> None:
    commit(models__a=WIDER, new=OTHER, gone=None)
    result = report("main", "pr")
    assert result.return_value == 0
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert rows[0] == "main -> pr"
    assert rows[4].startswith("gone.cnn.yaml removed 9 was 1,345 ")
    assert rows[5].startswith("models/a.cnn.yaml changed 5 1,145 (+380, +49.7 %) ")
    assert rows[6].startswith("new.cnn.yaml new 8 6,152 ")
    assert rows[7] == "specs that changed: 3"


def test_the_working_tree_is_compared_where_no_head_is_named() -> None:
    assert "no spec changed" in report("main").stdout
    write("models/a.cnn.yaml", WIDER)
    write("unknown to git.cnn.yaml", NET)
    assert [spec["change"] for spec in told("main")] == ["changed", "new"]
    assert [spec["change"] for spec in told("main", "pr")] == []


def test_what_the_base_has_got_since_is_left_out() -> None:
    commit(models__a=WIDER)
    git("checkout", "main")
    commit(models__b=WIDER)
    git("checkout", "pr")
    assert [spec["after"] for spec in told("main")] == ["models/a.cnn.yaml"]


def test_a_spec_under_another_name_is_one_spec() -> None:
    git("mv", "models/a.cnn.yaml", "models/umlaut ä.cnn.yaml")
    commit()
    (spec,) = told("main", "pr")
    names = (spec["change"], spec["before"], spec["after"])
    assert names == ("renamed", "models/a.cnn.yaml", "models/umlaut ä.cnn.yaml")
    assert "renamed, same network" in report("main", "pr").stdout


@pytest.mark.parametrize("words", [(), ("pr",)])
def test_mistakes_are_told_and_make_the_exit_code(words: tuple[str, ...]) -> None:
    commit(models__a=NET.replace("conv", "covn"), models__b=f"{WIDER}expect: {{params: 1}}\n")
    result = report("main", *words)
    assert result.return_value == 1
    assert "specs that changed: 2, mistakes: 2" in result.stdout
    assert "unknown layer `covn`" in result.stderr
    assert "3 |   - covn: {F: 3, K: 4}" in result.stderr
    markdown = report("main", *words, "--format", "markdown")
    assert "- **error E101** line 3: unknown layer \\`covn\\`" in markdown.stdout
    assert "<details><summary>layers that differ: 4</summary>" in markdown.stdout
    assert markdown.stderr == ""


def test_the_settings_of_the_repository_say_what_is_a_spec_and_what_it_must_keep() -> None:
    write("models/other.yaml", WIDER)
    write("models/no-spec.yaml", "on: push\n")
    write("models/no-spec.cnn.yaml", "on: push\n")
    git("add", "-A")
    git("commit", "-m", "more")
    assert {spec["after"] for spec in told("main")} == {"models/other.yaml", "models/no-spec.cnn.yaml"}
    write("cnnspec.toml", 'specs = ["models/o*.yaml"]\n[budgets."models/*"]\nparams = 1000\n')
    (spec,) = told("main")
    assert spec["after"] == "models/other.yaml"
    assert "E301" in str(spec["findings"])
    assert report("main").return_value == 1


def test_names_are_no_markup() -> None:
    commit(**{"<b>|x": WIDER.replace("layers:", "name: '<img src=x>'\nlayers:", 1)})
    shown = report("main", "--format", "markdown").stdout
    assert "\\<b>\\|x.cnn.yaml" in shown
    assert "<img" not in shown


def test_time_is_measured_on_both_sides() -> None:
    commit(models__a=WIDER, new=NET)
    changed, new = told("main", "--bench")
    times = changed["milliseconds"], new["milliseconds"]
    assert all(isinstance(time, dict) for time in times)
    assert [[time is not None for time in each.values()] for each in times if isinstance(each, dict)] == [
        [True, True],
        [False, True],
    ]
    assert report("main", "--bench").stdout.splitlines()[2].split()[-1] == "ms"


@pytest.mark.parametrize("words", [("mian",), ("main", "mian"), ("--", "--all"), ("--", "main", "--output=x")])
def test_no_commit_of_that_name(words: tuple[str, ...]) -> None:
    error = report(*words).exception
    assert "E429" in str(error)
    assert "no commit of that name" in str(error)
    assert not Path("x").exists()


def test_no_repository_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "lies in no repository" in str(report("main").exception)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git cannot be asked" in str(report("main").exception)


def test_from_a_folder_inside_the_names_are_those_from_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    commit(models__a=WIDER)
    monkeypatch.chdir("models")
    assert [spec["after"] for spec in told("main")] == ["models/a.cnn.yaml"]


def test_a_shallow_clone_is_compared_with_the_base_as_it_is(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(models__a=WIDER)
    git("clone", "--depth", "1", "--branch", "pr", f"file://{repository}", str(repository.parent / "clone"))
    monkeypatch.chdir(repository.parent / "clone")
    git("fetch", "--depth", "1", "origin", "main")
    git("checkout", "--orphan", "apart")
    git("commit", "-m", "apart")
    result = report("FETCH_HEAD")
    assert "no common ancestor is known here" in result.stderr
    assert "models/a.cnn.yaml" in result.stdout
