"""Specs in editors and before a commit: the pattern of their names, the catalog's entry, pre-commit's hook."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import ROOT
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from readme import DOCS, blocks, rows

import cnnspec
from cnnspec.cli import group

ENTRY: dict[str, Any] = json.loads((ROOT / "editors" / "schemastore.json").read_text(encoding="utf-8"))
HOOK, LAYOUT = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

GOOD = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 3, K: 4}\n  - relu\n"
BAD = GOOD.replace("relu", "rellu")
NAMES = ("net.cnn.yaml", "net.cnn.yml")


def shown(name: str) -> Any:
    """A configuration that the docs show."""
    (block,) = (block for block in blocks() if block.about == name)
    return yaml.safe_load(block.text)


# The pattern


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_of_that_name_loads(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    assert cnnspec.load(tmp_path / name).graph.totals.params == 40


def test_the_pattern_is_the_same_everywhere() -> None:
    (settings,) = shown(".vscode/settings.json")["yaml.schemas"].values()
    assert settings == ENTRY["fileMatch"]
    for name in (*NAMES, "net.yaml", "cnn.yaml", "net.cnn.yaml.txt"):
        wanted = name in NAMES
        assert any(fnmatch.fnmatch(name, pattern) for pattern in ENTRY["fileMatch"]) == wanted
        assert bool(re.search(HOOK["files"], f"models/{name}")) == wanted


# Editors


def test_entry_is_what_the_catalog_asks_for() -> None:
    """schema-catalog.json of SchemaStore: name, description and url, with https, and a list of patterns."""
    assert set(ENTRY) == {"name", "description", "fileMatch", "url"}
    assert all(ENTRY.values())
    assert ENTRY["url"].startswith("https://")
    assert len(set(ENTRY["fileMatch"])) == len(ENTRY["fileMatch"])
    assert ENTRY["description"].strip(" .") == ENTRY["description"]
    assert "schema" not in ENTRY["description"].lower()  # it goes without saying, and its checks say so


def test_the_settings_name_the_file_that_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (name,) = shown(".vscode/settings.json")["yaml.schemas"]
    assert f"cnnspec schema -o {name.removeprefix('./')}\n" in (DOCS / "integrations.md").read_text(encoding="utf-8")
    assert CliRunner().invoke(group, ["schema", "-o", name]).exit_code == 0
    schema = Draft202012Validator(json.loads((tmp_path / name).read_text(encoding="utf-8")))
    assert schema.is_valid(yaml.safe_load(GOOD))
    assert not schema.is_valid(yaml.safe_load(BAD))


# pre-commit


def committing(folder: Path, hook: dict[str, Any], **files: str) -> tuple[int, str]:
    """What pre-commit itself says to all files of a repository with the hook, as a hook of this machine: it would
    install the package from the network otherwise."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "cnnspec"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnnspec "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    clone = folder / "clone"
    clone.mkdir()
    config = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (clone / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text, encoding="utf-8")
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"PATH": path, "PYTHONPATH": str(ROOT), "PRE_COMMIT_HOME": str(folder / "home"), "NO_COLOR": "1"}
    for call in ("git init", "git add -A"):
        subprocess.run(call.split(), cwd=clone, env=environment, check=True, capture_output=True)
    run = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color=never"]
    done = subprocess.run(run, cwd=clone, env=environment, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_good_specs_are_committed(tmp_path: Path) -> None:
    files = {"net.cnn.yaml": GOOD, "with a space.cnn.yml": GOOD, "other.yaml": BAD, "cnn.yaml": BAD}
    code, said = committing(tmp_path, HOOK, **files)
    assert re.search(r"^cnnspec validate\.+Passed$", said, re.MULTILINE), said
    assert code == 0


def test_a_layout_is_mended_before_a_commit(tmp_path: Path) -> None:
    """The first try stops, with the file laid out."""
    assert [LAYOUT[key] for key in ("language", "types", "files")] == [
        HOOK[key] for key in ("language", "types", "files")
    ]
    code, said = committing(tmp_path, LAYOUT, **{"net.cnn.yaml": GOOD.replace("C: 1, ", "C: 1,  "), "other.yaml": BAD})
    assert "net.cnn.yaml: laid out" in said
    assert code == 1
    assert (tmp_path / "clone" / "net.cnn.yaml").read_text(encoding="utf-8") == GOOD


def test_a_bad_spec_stops_a_commit(tmp_path: Path) -> None:
    code, said = committing(tmp_path, HOOK, **{"net.cnn.yaml": GOOD, "models/with a space.cnn.yaml": BAD})
    assert "error[E101]: unknown layer `rellu`\n --> models/with a space.cnn.yaml:4:5\n" in said
    assert "ok net.cnn.yaml: " in said
    assert code == 1


def test_the_docs_choose_files_and_options(tmp_path: Path) -> None:
    """As shown: warnings stop a commit, and the specs lie in a folder."""
    (repository,) = shown(".pre-commit-config.yaml")["repos"]
    (chosen,) = repository["hooks"]
    assert chosen["id"] == HOOK["id"]
    warned = GOOD.replace("F: 3", "F: 3, S: 2")
    code, said = committing(tmp_path, HOOK | chosen, **{"models/net.yaml": warned, "other.yaml": BAD})
    assert "error[W201]" in said
    assert "other.yaml" not in said
    assert code == 1


def test_the_docs_name_what_is_there() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert [name.strip("`") for name, *_ in rows("integrations", "input")] == list(action["inputs"])
    for block in blocks("yaml"):
        if block.about in (".pre-commit-config.yaml", ".github/workflows/specs.yaml"):
            assert f"v{cnnspec.__version__}\n" in block.text
