"""Training that does not fit in memory is refused before it begins, with the largest batch that does fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from calling import call
from quadrants import quadrants

from cnnspec import load
from cnnspec.diagnostics import TrainingError
from cnnspec.language.sections.train import Train
from cnnspec.machine.hardware import SystemMemory
from cnnspec.train.step_memory import ensure_memory, step_memory

LENET = load("lenet5").graph


def needed(batch: int) -> int:
    return step_memory(LENET, Train(batch=batch), 2).total


def machine(monkeypatch: pytest.MonkeyPatch, installed: int | None, limit: int | None = None) -> None:
    monkeypatch.setattr("cnnspec.train.step_memory.memory", lambda: SystemMemory(installed, limit))


def test_what_fits_is_not_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    for there in (needed(64), None):
        machine(monkeypatch, there)
        ensure_memory(LENET, Train(batch=64), 2, 1000)


@pytest.mark.parametrize("largest", [1, 37, 63])
def test_the_largest_batch_that_fits_is_proposed(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    machine(monkeypatch, needed(1000), limit=needed(largest + 1) - 1)
    with pytest.raises(TrainingError, match="E504") as caught:
        ensure_memory(LENET, Train(batch=64), 2, 1000)
    [found] = caught.value.diagnostics
    assert found.help == f"`--set train.batch={largest}` fits"
    ensure_memory(LENET, Train(batch=largest), 2, 1000)


def test_where_no_batch_fits_none_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 1 << 20)
    with pytest.raises(TrainingError) as caught:
        ensure_memory(LENET, Train(batch=1), 1, 1000)
    [found] = caught.value.diagnostics
    assert found.message == "a step of 1 example does not fit in memory"
    assert "batch" not in found.help


def test_a_batch_is_no_larger_than_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, needed(50))
    ensure_memory(LENET, Train(batch=1024), 2, 50)


def test_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    quadrants(tmp_path)
    machine(monkeypatch, 1 << 20)
    before = sorted(tmp_path.iterdir())
    called = call("train", "net.yaml")
    assert (called.code, called.out) == (1, "")
    assert called.err.startswith("error[E504]: a step of 16 examples does not fit in memory\n")
    assert sorted(tmp_path.iterdir()) == before
