"""`cnnspec specs`: the list of bundled networks, and each one's file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from calling import call
from checkout import ROOT
from click.testing import CliRunner

from cnnspec import load
from cnnspec.cli import group
from cnnspec.diagnostics import FileError
from cnnspec.spec import bundled


def invoke(*args: str) -> Any:
    return CliRunner().invoke(group, ["specs", *args])


def process(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cnnspec", "specs", *args]
    return subprocess.run(command, capture_output=True, check=False, cwd=cwd, env=environment)


def test_lists_every_network_with_its_figures() -> None:
    result = invoke()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(bundled.names())
    assert "1x28x28" in lines[2 * bundled.names().index("lenet5")]
    assert "61,706 params" in result.stdout
    assert "416,520 MACs" in result.stdout
    assert "    LeNet-5: Digits, LeCun et al. 1998, with ReLU and max pooling." in lines
    assert max(map(len, lines)) <= 140


def test_json_list() -> None:
    records = json.loads(invoke("--format", "json").stdout)
    assert [record["name"] for record in records] == list(bundled.names())
    for record in records:
        spec = load(record["name"])
        assert record["title"] == spec.name
        assert record["about"] == spec.header.about
        assert tuple(record["input"]) == spec.graph.input
        assert (record["params"], record["macs"]) == (spec.graph.totals.params, spec.graph.totals.macs)
        assert record["outputs"] == {name: list(spec.graph.shape(name)) for name in spec.graph.outputs}


@pytest.mark.parametrize("name", bundled.names())
def test_prints_the_file_as_it_is(name: str) -> None:
    result = invoke(name)
    assert result.exit_code == 0
    assert result.stdout_bytes == (bundled.folder() / f"{name}.yaml").read_bytes()


@pytest.mark.parametrize("name", bundled.names())
def test_a_copy_is_a_spec_without_mistakes(name: str, tmp_path: Path) -> None:
    result = invoke(name, "-o", str(tmp_path / "new" / "folder"))
    assert (result.exit_code, result.stderr) == (0, "")
    copy = tmp_path / "new" / "folder" / f"{name}.yaml"
    assert copy.read_bytes() == (bundled.folder() / f"{name}.yaml").read_bytes()
    assert sorted(result.stdout.splitlines()) == sorted(map(str, filter(Path.is_file, copy.parent.rglob("*"))))
    assert (called := call("validate", "--strict", copy)).code == 0, called.out


def test_a_copy_can_be_run_and_trained(tmp_path: Path) -> None:
    assert invoke("lenet5", "-o", str(tmp_path / "mine.yaml")).exit_code == 0
    assert "99.83 %" in call("run", tmp_path / "mine.yaml").out
    assert invoke("digits", "-o", str(tmp_path)).exit_code == 0
    spec = load(tmp_path / "digits.yaml")
    assert spec.data_path() == bundled.data()["digits"]


@pytest.mark.parametrize("there", ["lenet5.yaml", "lenet5.safetensors", "samples/digit-7.png"])
def test_a_copy_writes_over_nothing(there: str, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / there).write_text("mine")
    result = invoke("lenet5", "-o", str(tmp_path))
    assert (result.exit_code, f"there is already a file `{tmp_path / there}`" in result.stderr) == (2, True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / there]


def test_the_list_is_not_copied(tmp_path: Path) -> None:
    assert invoke("-o", str(tmp_path)).exit_code == 2


def test_a_note_says_what_a_printed_spec_needs() -> None:
    assert invoke("tinyvgg").stderr == ""
    assert "names imagenet-classes.txt:" in invoke("efficientnet_lite0").stderr


def test_misspelt_name() -> None:
    result = invoke("lenet")
    assert isinstance(result.exception, FileError)
    (found,) = result.exception.diagnostics
    assert (found.code, found.help) == ("E404", "did you mean `lenet5`?")


def test_a_file_of_ones_own_is_not_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("layers: [relu]\n")
    result = invoke("mine.yaml")
    assert result.exit_code == 2
    assert "not a bundled network" in result.stderr


def test_one_network_is_no_json() -> None:
    assert invoke("lenet5", "--format", "json").exit_code == 2


def test_processes(tmp_path: Path) -> None:
    printed = process("lenet5", cwd=tmp_path)
    note = b"note: it names lenet5.safetensors, samples/digit-7.png: `cnnspec specs lenet5 -o FOLDER` copies all\n"
    assert (printed.returncode, printed.stderr.replace(b"\r", b"")) == (0, note)
    assert printed.stdout == (bundled.folder() / "lenet5.yaml").read_bytes()
    missing = process("lenet", cwd=tmp_path)
    assert (missing.returncode, missing.stdout) == (3, b"")
    assert b"did you mean `lenet5`?" in missing.stderr
