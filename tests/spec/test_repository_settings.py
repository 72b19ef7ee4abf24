"""What a repository asks of its specs: which settings are found, what they change, what is wrong with them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cli import group
from cnnspec.diagnostics import SpecError
from cnnspec.spec.project import settings_for

SPEC = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 3, K: 4}\n  - relu\n"
UNUSED = SPEC.replace("layers:", "blocks: {stem: {layers: [relu]}}\nlayers:", 1)
"""Warns: W101."""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(".git/HEAD", "")
    write("models/net.yaml", SPEC)
    write("models/unused.yaml", UNUSED)
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def validate(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(group, ["validate", *arguments], standalone_mode=False, input=input)


def test_without_settings_nothing_is_asked() -> None:
    assert settings_for(Path("models")) is None
    assert validate("models/unused.yaml").return_value == 0


def test_budgets_are_held_by_the_specs_of_their_pattern_alone() -> None:
    write("cnnspec.toml", '[budgets."models/n*.yaml"]\nparams = "<= 39"\noutput = [4, 6, 6]\nmacs = 1\n')
    result = validate("models/net.yaml", "models/unused.yaml")
    assert result.return_value == 1
    assert result.stdout.count("error[E301]") == 2
    assert "error[E301]: 40 parameters, 1 over the limit\n --> models/net.yaml\n" in result.stdout
    assert "asked of `models/n*.yaml` in cnnspec.toml; <= 39 is broken; conv1 40 (100%)" in result.stdout
    assert "E302" not in result.stdout
    assert "ok models/unused.yaml" in result.stdout


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ("strict = true", 1, "error[W101]"),
        ('ignore = ["W101"]', 0, "ok models"),
        ("strict = false", 0, "warning[W101]"),
    ],
)
def test_warnings_are_as_the_repository_wants_them(settings: str, code: int, said: str) -> None:
    write("cnnspec.toml", settings)
    result = validate("models/unused.yaml")
    assert result.return_value == code
    assert result.stdout.startswith(said)


def test_the_nearest_settings_count_up_to_the_top_of_the_repository(repository: Path) -> None:
    (repository / ".git" / "HEAD").unlink()
    (repository / ".git").rmdir()
    write("inner/.git/HEAD", "")
    write("inner/models/unused.yaml", UNUSED)
    write("pyproject.toml", "[tool.cnnspec]\nstrict = true\n")
    assert validate("inner/models/unused.yaml").return_value == 0
    assert validate("models/unused.yaml").return_value == 1
    write("models/pyproject.toml", "[tool.other]\n# cnnspec has no table here\n")
    assert validate("models/unused.yaml").return_value == 1
    write("models/cnnspec.toml", "strict = false")
    assert validate("models/unused.yaml").return_value == 0


def test_a_text_from_a_pipe_lies_in_the_current_folder_and_bundled_specs_in_none() -> None:
    write("cnnspec.toml", 'strict = true\n[budgets."*"]\nparams = 1\n')
    assert "error[E301]" in validate("-", input=SPEC).stdout
    assert validate("lenet5").return_value == 0


def test_at_another_size_no_budget_is_held() -> None:
    write("cnnspec.toml", '[budgets."*"]\nmacs = 1\n')
    assert validate("models/net.yaml", "--input", "1,9,9").return_value == 0


def test_a_spec_behind_a_link_is_known_by_the_link_s_name(repository: Path) -> None:
    outside = repository.parent / "elsewhere.yaml"
    outside.write_text(SPEC, encoding="utf-8")
    Path("models/linked.yaml").symlink_to(outside)
    write("cnnspec.toml", '[budgets."models/linked.yaml"]\nparams = 1\n')
    assert "error[E301]" in validate("models/linked.yaml").stdout


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("strict = 1", "`strict` takes true or false"),
        ('ignroe = ["W101"]', "unknown field `ignroe`"),
        ('ignore = ["E301"]', "`E301` is no warning"),
        ('ignore = ["W999"]', "there is no warning `W999`"),
        ('ignore = ["W1O1"]', "there is no warning `W1O1`; did you mean `W101`?"),
        ('budgets."*".params = "few"', "`params`"),
        ('budgets."*".parms = 1', "unknown field `parms`"),
        ("budgets = 3", "`budgets` takes a mapping"),
        ("strict = ", "this is no TOML"),
    ],
)
def test_a_mistake_in_the_settings_is_told_at_its_place(settings: str, said: str) -> None:
    write("cnnspec.toml", f"# ours\n{settings}\n")
    found = validate("models/net.yaml")
    assert found.return_value == 1
    assert said in found.stderr
    assert "cnnspec.toml:2:" in found.stderr
    assert f"\n2 | {settings.rstrip()}" in found.stderr
    with pytest.raises(SpecError) as caught:
        settings_for(Path("models"))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "settings",
    ["a." * 3000 + "b = 1", f"[{'a.' * 900}b]\nx = 1", f"x = {'[' * 100_000}", f"x = {'{a=' * 400}1{'}' * 400}"],
    ids=["key", "table", "list", "inline table"],
)
def test_settings_that_are_nested_too_deep(settings: str) -> None:
    write("cnnspec.toml", settings)
    with pytest.raises(SpecError) as caught:
        settings_for(Path("models"))
    assert [(found.code, Path(found.file).name) for found in caught.value.diagnostics] == [("E003", "cnnspec.toml")]
    assert "error[E003]" in validate("models/net.yaml").stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_nobody_s_settings() -> None:
    """Nobody has named it, and it would be waited for."""
    os.mkfifo("cnnspec.toml")
    assert validate("models/net.yaml").exit_code == 0
