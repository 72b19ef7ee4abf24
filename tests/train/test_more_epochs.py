"""A run that goes on to more epochs than it was begun for: from its checkpoint or, once it has ended, its result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quadrants import quadrants

from cnnspec.diagnostics import TrainingError
from cnnspec.spec import Spec, load
from cnnspec.train.events import Stepped
from cnnspec.train.notices import AlreadyFinished, Begun, Extended
from cnnspec.train.result import TrainingResult

FILES: dict[str, Any] = {"output": "a.safetensors", "checkpoint": "a.checkpoint.safetensors", "threads": 1}


class Stop(Exception):  # noqa: N818
    """What a test ends a run with."""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.chdir(tmp_path)
    return load(quadrants(tmp_path))


def stop_after(step: int) -> Any:
    def check(event: object) -> None:
        if isinstance(event, Stepped) and event.step == step:
            raise Stop

    return check


def same(one: TrainingResult, other: TrainingResult) -> bool:
    return all(np.array_equal(one.tensors[name], other.tensors[name]) for name in one.tensors)


@pytest.mark.parametrize("schedule", ["constant", "step"])
@pytest.mark.parametrize("epochs", [2, 5])
def test_an_unfinished_run_comes_to_the_bytes_of_one_of_so_many(net: Spec, schedule: str, epochs: int) -> None:
    """Where no rate hangs on their number."""
    rule: dict[str, Any] = {"schedule": schedule, **({"every": 1} if schedule == "step" else {})}
    with pytest.raises(Stop):
        net.train(**FILES, **rule, save_every=1, on_event=stop_after(10))
    seen: list[object] = []
    learned = net.train(**FILES, **rule, resume=True, epochs=epochs, on_event=seen.append)
    assert len(learned.history) == epochs
    assert same(learned, net.train(threads=1, epochs=epochs, **rule))
    assert learned.identity.extended == ()
    extended = next(notice for notice in seen if isinstance(notice, Extended))
    assert (extended.had, extended.epochs, extended.has_ended, extended.is_replanned) == (3, epochs, False, False)


def test_a_schedule_over_all_epochs_is_spread_anew(net: Spec) -> None:
    with pytest.raises(Stop):
        net.train(**FILES, schedule="cosine", save_every=1, on_event=stop_after(10))
    seen: list[object] = []
    learned = net.train(**FILES, schedule="cosine", resume=True, epochs=5, on_event=seen.append)
    assert len(learned.history) == 5
    assert learned.identity.extended == (9,)  # the last step that was kept
    rates = [event.rate for event in seen if isinstance(event, Stepped)]
    assert rates[0] == pytest.approx(0.01 * (1 + np.cos(np.pi * 9 / 40)) / 2)


def test_a_finished_run_goes_on_from_its_weights(net: Spec) -> None:
    first = net.train(**FILES, log="a.jsonl")
    seen: list[object] = []
    learned = net.train(**FILES, log="a.jsonl", resume=True, epochs=5, on_event=seen.append)
    extended, begun = seen[:2]
    assert isinstance(extended, Extended)
    assert (extended.path, extended.step, extended.has_ended) == (Path("a.safetensors"), 24, True)
    assert isinstance(begun, Begun)
    assert (begun.is_resumed, begun.is_drawn, len(begun.progress.epochs)) == (True, False, 3)
    assert learned.history[:3] == first.history
    assert [done.epoch for done in learned.history] == [1, 2, 3, 4, 5]
    assert learned.history[4].training.loss < first.history[2].training.loss
    assert learned.identity.extended == (24,)
    records = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records if record["event"] == "step"] == list(range(1, 41))
    assert isinstance(_last(net, epochs=5), AlreadyFinished)
    with pytest.raises(TrainingError, match="E502"):
        net.train(**FILES, resume=True)


def test_it_is_broken_off_and_resumed_as_any_other(net: Spec) -> None:
    net.train(**FILES)
    before = Path("a.safetensors").read_bytes()
    whole = net.train(**FILES, resume=True, epochs=5)
    Path("a.safetensors").write_bytes(before)
    with pytest.raises(Stop):
        net.train(**FILES, resume=True, epochs=5, save_every=1, on_event=stop_after(30))
    assert Path("a.safetensors").read_bytes() == before
    assert same(net.train(**FILES, resume=True, epochs=5), whole)


def test_the_best_weights_stay_the_best(net: Spec) -> None:
    """No later epoch is better than the first one at a rate that leads nowhere: its weights are the result."""
    first = net.train(**FILES, patience=5, rate=2.0)
    best = min(done.validation.loss for done in first.history if done.validation)
    learned = net.train(**FILES, patience=5, rate=2.0, resume=True, epochs=5)
    if min(done.validation.loss for done in learned.history if done.validation) == best:
        assert same(learned, first)


def test_a_run_that_lost_its_patience_has_ended(net: Spec) -> None:
    learned = net.train(**FILES, patience=1, rate=50.0, optimizer="sgd", clip=1e-3, epochs=50)
    assert len(learned.history) < 50
    with pytest.raises(TrainingError, match="E502"):
        net.train(**FILES, patience=1, rate=50.0, optimizer="sgd", clip=1e-3, epochs=60, resume=True)


def test_fewer_epochs_than_are_done(net: Spec) -> None:
    with pytest.raises(Stop):
        net.train(**FILES, save_every=1, on_event=stop_after(10))
    with pytest.raises(TrainingError, match="E502"):
        net.train(**FILES, resume=True, epochs=1)


def _last(net: Spec, **given: Any) -> object:
    seen: list[object] = []
    net.train(**FILES, **given, resume=True, on_event=seen.append)
    return seen[-1]
