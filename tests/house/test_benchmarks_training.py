"""The benchmark of training: its order, its arithmetic, its tables. Nothing here depends on how fast anything is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import trainers, training
from benchmarks.measure import Effort, Result
from benchmarks.processes import Child
from benchmarks.report import Case, Report, markdown_text
from cnnspec.spec import bundled


def timed(name: str, seconds: float, way: str = "") -> Result:
    found = {"calls": 2, "median": seconds, "least": seconds, "total": 2 * seconds, "processor": seconds / 2}
    return Result(name, way, rounds=[found] * 3, error=1e-6, load_seconds=0.25, peak_bytes=100 << 20)


def test_networks_are_bundled() -> None:
    assert {lesson.spec for lesson in training.LESSONS} <= set(bundled.names())


@pytest.mark.parametrize("lesson", training.LESSONS)
def test_networks_end_with_scores_and_drop_nothing(lesson: training.Lesson) -> None:
    graph = trainers.network(lesson.spec, list(lesson.input) if lesson.input else None)
    assert graph.by_name[graph.outputs[0]].layer.output_kind == "scores"
    assert all(getattr(step.layer, "p", 0) == 0 for step in graph.steps if step.kind == "dropout")


def test_distance() -> None:
    exact = {"": np.array(1.0), "a": np.array([3.0, 4.0])}
    assert training.distance(exact, exact) == 0
    assert training.distance(exact | {"a": np.array([3.0, 4.1])}, exact) == pytest.approx(0.1 / 26**0.5)
    for wrong in ({}, {"": exact[""]}, exact | {"a": np.array([3.0, np.nan])}):
        assert training.distance(wrong, exact) > 1
    assert training.distance({}, {}) > 1


def test_markdown_compares_the_quickest_ways() -> None:
    results = [timed("cnnspec", 0.01), timed("pytorch", 0.02, "eager"), timed("pytorch", 0.005, "channels last")]
    cases = [Case("lenet5", 64, threads, results) for threads in (1, 2)]
    lines = markdown_text(Report({"processor": "Some 9000", "cores": 2, "system": "Linux"}, cases)).splitlines()
    assert "| lenet5 | 64 | 10.0 | 5.00 (2.00), channels last |" in lines
    assert lines.count("| lenet5 | 64 | 5.00 | 2.50 (2.00) |") == 1


def test_nothing_to_compare_with() -> None:
    failed = Result("pytorch", "eager", failure="Failed: no such layer")
    case = Case("lenet5", 64, 1, [timed("cnnspec", 0.01), failed])
    lines = markdown_text(Report({"processor": "Some 9000", "cores": 2, "system": "Linux"}, [case])).splitlines()
    assert "| lenet5 | 64 | 5.00 | - |" in lines


def test_a_trainer_answers_in_its_own_process(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"name": "cnnspec", "way": "", "spec": "lenet5", "input": None, "batch": 4, "threads": 2}
    with Child({"PATH": ""}, training.MODULE) as child:
        child.ask("load", **asked, dtype="float32")
        loss = child.ask("first", file=str(tmp_path / "gradients.npz"))
        assert child.ask("round", seconds=0.0, most=1)["calls"] == 1
        assert child.ask("facts")["peak_bytes"] > 0
    with np.load(tmp_path / "gradients.npz") as gradients:
        assert gradients["conv1.weight"].shape == (6, 1, 5, 5)
    assert 0 < loss < 100


@pytest.mark.peers
def test_both_trainers_take_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(training, "LESSONS", (training.Lesson("lenet5", 4),))
    monkeypatch.setattr(training, "Effort", lambda rounds, seconds: Effort(1, 0.0, most=1))
    file = tmp_path / "found.json"
    assert training.main(["--threads", "1", "--output", str(file)]) == 0
    (case,) = json.loads(file.read_text(encoding="utf-8"))["cases"]
    names = ["cnnspec", "cnnspec_numba", "pytorch", "pytorch"]
    assert [(r["engine"], r["failure"]) for r in case["results"]] == [(name, "") for name in names]
    assert all(result["seconds"] > 0 and result["error"] < 1e-3 for result in case["results"])
