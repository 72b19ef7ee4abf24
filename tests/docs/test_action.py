"""action.yml: its steps are run by bash as GitHub's runner runs them, in a repository of their own, offline."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import ROOT
from readme import blocks

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = [step for step in ACTION["runs"]["steps"] if "run" in step]
DEFAULTS = {name: str(about["default"]) for name, about in ACTION["inputs"].items()}

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
"""Without what git sets for the hooks of this repository."""

GOOD = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 3, K: 4}\n  - relu\n"
WIDER = GOOD.replace("K: 4", "K: 6")
BAD = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - konv: {F: 3, K: 4}\n"


@dataclass(frozen=True)
class Job:
    """A runner's folder with a clone that is checked out, and the programs that the action installed."""

    folder: Path

    @property
    def clone(self) -> Path:
        return self.folder / "clone with spaces"

    def git(self, *call: str) -> None:
        settings = ("user.name=A", "user.email=a@example.org", "init.defaultBranch=main", "commit.gpgsign=false")
        options = [option for setting in settings for option in ("-c", setting)]
        subprocess.run(["git", *options, *call], cwd=self.clone, env=ENVIRONMENT, check=True, capture_output=True)

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            file = self.clone / name.replace("__", " ").replace("_", "/")
            file = file.with_name(f"{file.name}.cnn.yaml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-m", "specs")

    def run(self, **inputs: str) -> tuple[bool, str, str]:
        """Whether the job ends well, what it prints, and its summary."""
        values = {f"inputs.{name}": value for name, value in (DEFAULTS | {"base": ""} | inputs).items()}
        values |= {"github.action_path": str(ROOT), "steps.python.outputs.python-path": sys.executable}
        printed, well = "", True
        for step in STEPS:
            if step["name"] == "Install cnnspec" or not wanted(step.get("if"), well, values):
                continue
            done = self.step(step, values)
            printed += done.stdout
            well &= done.returncode == 0
        summary = self.folder / "summary.md"
        return well, printed, summary.read_text(encoding="utf-8") if summary.exists() else ""

    def step(self, step: dict[str, Any], values: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
        script = self.folder / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        given = {name: filled(text, values) for name, text in step.get("env", {}).items()}
        given |= {"RUNNER_TEMP": str(self.folder), "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md")}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.clone,
            env={**ENVIRONMENT, **given, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )


def filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)


def wanted(condition: str | None, well: bool, values: dict[str, str]) -> bool:
    """What GitHub makes of a step's `if`: without one, a step is left out behind one that failed."""
    if condition is None:
        return well
    name = re.fullmatch(r"\$\{\{ !cancelled\(\) && (\S+) == 'true' \}\}", condition)
    assert name is not None
    return values[name[1]] == "true"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job whose clone has the branch `main` of its origin for a base."""
    job = Job(tmp_path)
    job.clone.mkdir()
    programs = tmp_path / "cnnspec" / "bin"
    programs.mkdir(parents=True)
    program = programs / "cnnspec"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m cnnspec "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    job.git("init")
    job.git("remote", "add", "origin", ".")
    job.commit(small=GOOD)
    job.git("checkout", "-b", "change")
    return job


def test_good_specs_are_summarised(job: Job) -> None:
    job.commit(nets_with__a__space=GOOD)
    (job.clone / "other.yaml").write_text(BAD, encoding="utf-8")
    well, printed, summary = job.run()
    assert (well, printed) == (True, "")
    assert re.findall(r"^## (.*?)(?:\.cnn)?$", summary, re.MULTILINE) == ["with a space", "small"]
    assert summary.count("| `conv1` | conv F 3x3 K 4 | 4x6x6 | 40 | 0 | 1,296 | 3 |\n") == 2


def test_mistakes_are_annotated_and_the_job_fails(job: Job) -> None:
    job.commit(nets_with__a__space=BAD)
    well, printed, summary = job.run()
    assert not well
    assert printed.startswith("::error file=nets/with a space.cnn.yaml,line=3,")
    assert "unknown layer `konv`" in printed
    assert "## small" in summary


def test_warnings_fail_where_they_are_to(job: Job) -> None:
    job.commit(small=GOOD.replace("F: 3", "F: 3, S: 2"))
    well, printed, _ = job.run()
    assert well
    assert printed.startswith("::warning file=small.cnn.yaml,line=3,")
    well, printed, _ = job.run(strict="true")
    assert not well
    assert printed.startswith("::error file=small.cnn.yaml,line=3,")


def test_what_changes_from_the_base(job: Job) -> None:
    job.git("checkout", "main")
    job.commit(nets_with__a__space=GOOD, same=GOOD)
    job.git("checkout", "-b", "wider")
    job.commit(nets_with__a__space=WIDER, new=GOOD)
    well, printed, summary = job.run(diff="true", summary="false", base="main")
    assert (well, printed) == (True, "")
    assert "| changed | `conv1` | conv K 4 -> 6 | 4x6x6 -> 6x6x6 | +20 (+50.0 %) | +648 (+50.0 %) |\n" in summary
    assert "(before/nets/with a space.cnn.yaml) -> " in summary
    assert "(after/nets/with a space.cnn.yaml)\n" in summary
    assert summary.count("## ") == 1


def test_mistakes_in_either_version_show_no_difference(job: Job) -> None:
    job.commit(small=BAD)
    well, printed, summary = job.run(diff="true", summary="false", base="main")
    assert not well
    assert printed.count("::") == 2
    assert summary.strip() == ""


def test_without_a_base_there_is_no_difference(job: Job) -> None:
    well, printed, summary = job.run(diff="true", summary="false")
    assert (well, summary) == (True, "")
    assert printed.startswith("::notice ")


def test_a_base_that_is_not_there_fails(job: Job) -> None:
    assert not job.run(diff="true", base="nowhere")[0]


def test_no_specs_are_a_mistake(job: Job) -> None:
    for paths in ("*.nothing", "\n\n", ""):
        well, printed, _ = job.run(paths=paths)
        assert not well
        assert printed == "::error title=cnnspec::no file matches the input paths\n"


def test_nothing_given_is_executed(job: Job) -> None:
    trap = job.folder / "trap"
    hostile = f'"; touch "{trap}" #$(touch "{trap}")`touch "{trap}"`'
    for name in ("paths", "strict", "base"):
        job.run(**{name: hostile, "diff": "true"})
    assert not trap.exists()


def test_scripts_hold_no_expressions() -> None:
    """What is put into a script's text by GitHub is executed; what comes through the environment is not."""
    for step in STEPS:
        assert "${{" not in step["run"], step["name"]
        assert step["shell"] == "bash"


def test_installs_what_lies_beside_it(job: Job) -> None:
    """Offline: what cnnspec is built with and needs is found where this process has it from."""
    (install,) = (step for step in STEPS if step["name"] == "Install cnnspec")
    shutil.rmtree(job.folder / "cnnspec")
    values = {"github.action_path": str(ROOT), "steps.python.outputs.python-path": sys.executable}
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    here = os.pathsep.join(path for path in sys.path if path.endswith("-packages"))
    done = job.step(install, values, PYTHONPATH=here, **offline)
    assert done.returncode == 0, done.stdout
    assert list((job.folder / "cnnspec").glob("lib/python*/site-packages/cnnspec/cli/__init__.py"))
    assert (job.folder / "cnnspec" / "bin" / "cnnspec").is_file()


def test_the_docs_use_inputs_that_there_are() -> None:
    (shown,) = (block for block in blocks("yaml") if block.about == ".github/workflows/specs.yaml")
    steps = yaml.safe_load(shown.text)["jobs"]["specs"]["steps"]
    (given,) = (step["with"] for step in steps if step["uses"].startswith("cnnspec/cnnspec@"))
    assert given
    assert set(given) <= set(ACTION["inputs"])
