"""`--threads` and its default: the environment variable, where nobody says a number."""

from __future__ import annotations

from pathlib import Path

import pytest
from calling import call

from cnnspec.engine.model import Model


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of threads of the plans that were made."""
    found: list[int] = []
    make = Model.__init__

    def noted(self: Model, *args: object) -> None:
        make(self, *args)  # type: ignore[arg-type]
        found.append(self.plan.threads)

    monkeypatch.setattr(Model, "__init__", noted)
    return found


def test_the_variable_is_the_default(made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSPEC_THREADS", "3")
    assert call("run", "lenet5").code == call("run", "lenet5", "--threads", "2").code == 0
    assert made == [3, 2]


def test_memory_of_a_step_is_that_of_as_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = call("summary", "digits", "--train", "--threads", "3").out
    assert call("summary", "digits", "--train").out != wanted
    monkeypatch.setenv("CNNSPEC_THREADS", "3")
    assert call("summary", "digits", "--train").out == wanted


def test_more_than_a_batch_has_examples_do_not_take_part() -> None:
    asked = ["summary", "digits", "--train", "--set", "train.batch=8", "--threads"]
    batch, more = (call(*asked, number) for number in ("8", "9999"))
    assert batch == more


@pytest.mark.parametrize("command", ["run", "eval", "train", "summary"])
def test_a_wrong_number_is_said(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSPEC_THREADS", "many")
    code, out, err = call(command, "lenet5")
    assert (code, out) == (2, "")
    assert "CNNSPEC_THREADS='many' is no whole number of at least 1." in err
    assert "CNNSPEC_THREADS" not in call(command, "lenet5", "--threads", "1").err


def test_help_names_the_variable() -> None:
    for command in ("run", "eval", "train", "summary"):
        assert "CNNSPEC_THREADS" in call(command, "--help").out
