"""The bar of long work in a notebook: it moves in place, is gone at the end, and is nowhere else."""

from __future__ import annotations

import re
import sys
from io import StringIO
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from cnnspec import load, watched
from cnnspec.reports import live

SPEC = "input: {C: 1, H: 2, W: 2}\nlayers: [flatten, {dense: {K: 2}}]\n"
X, Y = np.random.default_rng(0).normal(size=(20, 1, 2, 2)).astype(np.float32), np.arange(20) % 2


class Html(NamedTuple):
    data: str


class Notebook:
    """What IPython is to those who ask it, and every look of each output."""

    def __init__(self, kernel: bool = True) -> None:
        self.outputs: list[list[str]] = []
        self.shell = type("Shell", (), {"kernel": object()} if kernel else {})()

    def get_ipython(self) -> Any:
        return self.shell

    def display(self, shown: Html, display_id: bool) -> Any:
        assert display_id
        looks = [shown.data]
        self.outputs.append(looks)
        return type("Handle", (), {"update": lambda self, html: looks.append(html.data)})()


def opened(monkeypatch: pytest.MonkeyPatch, notebook: Notebook) -> Notebook:
    for name, parts in (("IPython", ["get_ipython"]), ("IPython.display", ["display"])):
        module = ModuleType(name)
        module.__dict__.update({part: getattr(notebook, part) for part in parts}, HTML=Html)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(live, "SHORT", 0.0)
    monkeypatch.setattr(live, "PAUSE", 0.0)
    return notebook


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return opened(monkeypatch, Notebook())


def reached(looks: list[str]) -> list[float]:
    """How full the bar is in each of its looks."""
    found = (re.search(r'<progress value="(\d+)" max="(\d+)"', look) for look in looks)
    return [int(bar[1]) / int(bar[2]) for bar in found if bar]


def test_one_output_that_moves_and_goes(notebook: Notebook) -> None:
    assert list(watched("abcd", 4)) == list("abcd")
    [looks] = notebook.outputs
    assert reached(looks) == [0.25, 0.5, 0.75, 1.0]
    assert looks[-1] == ""


def test_training_evaluation_and_runs_show_how_far_they_are(notebook: Notebook) -> None:
    spec = load(StringIO(SPEC))
    learned = spec.train((X, Y), epochs=3, batch=4, threads=1)
    spec.evaluate((X, Y), learned.tensors)
    list(spec.run(X, learned.tensors))
    training, evaluation, run = notebook.outputs
    assert reached(training) == sorted(reached(training))
    assert "epoch 1: 1/5  loss " in training[0]
    assert (reached(training)[-1], reached(evaluation), len(reached(run))) == (1.0, [1.0], 20)
    assert training[-1] == evaluation[-1] == run[-1] == ""


def test_the_bar_goes_with_work_that_fails_or_is_left(notebook: Notebook) -> None:
    def stop(event: object) -> None:
        if type(event).__name__ == "EpochDone":
            raise InterruptedError

    spec = load(StringIO(SPEC))
    with pytest.raises(InterruptedError):
        spec.train((X, Y), batch=4, threads=1, on_event=stop)
    found = watched(range(9), 9)
    next(found)
    found.close()
    assert [looks[-1] for looks in notebook.outputs] == ["", ""]


def test_no_bar_where_none_is_wanted(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = load(StringIO(SPEC))
    learned = spec.train((X, Y), epochs=1, threads=1, progress=False)
    spec.evaluate((X, Y), learned.tensors, progress=False)
    list(spec.run(X, learned.tensors, progress=False))
    monkeypatch.setattr(live, "SHORT", 3600.0)
    spec.train((X, Y), epochs=1, threads=1)
    assert notebook.outputs == []


def test_a_terminal_is_no_notebook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = opened(monkeypatch, Notebook(kernel=False))
    assert list(watched("ab", 2)) == ["a", "b"]
    monkeypatch.delitem(sys.modules, "IPython")
    assert list(watched("ab", 2)) == ["a", "b"]
    assert "IPython" not in sys.modules
    assert terminal.outputs == []
    assert capsys.readouterr() == ("", "")
