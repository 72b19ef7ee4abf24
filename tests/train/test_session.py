"""Training, evaluation and running as library calls."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from quadrants import quadrants

import cnnspec
from cnnspec.diagnostics import TrainingError
from cnnspec.spec import Spec, load
from cnnspec.spec.ranking import Prediction
from cnnspec.train.events import EpochDone, Stepped
from cnnspec.train.notices import AlreadyFinished, Begun, NothingToResume, WeightsDrawn

THREADS = ("--threads", "1")


class Stop(Exception):  # noqa: N818
    """What a test ends a run with."""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.chdir(tmp_path)
    return load(quadrants(tmp_path))


def stop_after(steps: int) -> Callable[[object], None]:
    def check(event: object) -> None:
        if isinstance(event, Stepped) and event.step == steps:
            raise Stop

    return check


def test_the_call_and_the_command_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--set", "train.epochs=1", "--set", "train.seed=3", "--log", "c.jsonl", "-o", "c.safetensors")
    assert call("train", "digits", *THREADS, *options).code == 0
    digits = load("digits")
    learned = digits.train(epochs=1, seed=3, threads=1)
    learned.save("l.safetensors")
    assert Path("c.safetensors").read_bytes() == Path("l.safetensors").read_bytes()
    digits.train(epochs=1, seed=3, threads=1, output="o.safetensors")
    assert Path("c.safetensors").read_bytes() == Path("o.safetensors").read_bytes()
    judged = call("eval", "digits", "--weights", "c.safetensors", "--format", "json").objects[0]
    found = digits.evaluate(weights=learned.tensors)
    assert (judged["loss"], judged["accuracy"]) == (found.loss, found.accuracy)


def test_nothing_is_written_that_has_no_path(net: Spec) -> None:
    before = sorted(Path().rglob("*"))
    net.train(threads=1)
    assert sorted(Path().rglob("*")) == before


def test_examples_in_memory(net: Spec) -> None:
    with np.load("x.npz") as stored:
        x, y = stored["x"], stored["y"]
    from_file, from_memory = net.train(threads=1), net.train((x, y), threads=1)
    assert all(np.array_equal(from_file.tensors[name], from_memory.tensors[name]) for name in from_file.tensors)
    assert net.evaluate((x, y), from_file.tensors).loss == net.evaluate(weights=from_file.tensors).loss
    assert net.evaluate((x, y), from_file.tensors, part="all").examples == len(x)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda x, y: (x[:, 0], y), "E413"),
        (lambda x, y: (x[0], y), "E413"),
        (lambda x, y: (x[:0], y[:0]), "E420"),
        (lambda x, y: (x.astype(str), y), "E420"),
        (lambda x, y: (x, y[1:]), "E422"),
        (lambda x, y: (x, y + 1), "E421"),
        (lambda x, y: (x * np.nan, y), "E426"),
    ],
)
def test_arrays_that_do_not_fit(net: Spec, change: Callable[[Any, Any], tuple[Any, Any]], code: str) -> None:
    with np.load("x.npz") as stored:
        arrays = change(stored["x"], stored["y"])
    with pytest.raises(cnnspec.FileError) as caught:
        net.train(arrays)
    assert [(d.code, d.file) for d in caught.value.diagnostics] == [(code, "(x, y)")]


def test_a_run_is_told_as_data(net: Spec) -> None:
    seen: list[object] = []
    learned = net.train(threads=1, on_event=seen.append)
    begun = seen[0]
    assert isinstance(begun, Begun)
    assert (begun.examples, begun.held_out, begun.threads, begun.is_drawn, begun.is_resumed) == (
        128,
        32,
        1,
        True,
        False,
    )
    assert tuple(event for event in seen if isinstance(event, EpochDone)) == learned.history
    assert len(learned.history) == 3


def test_a_run_goes_on_to_the_same_bytes(net: Spec) -> None:
    files: dict[str, Any] = {"output": "a.safetensors", "checkpoint": "a.checkpoint.safetensors", "threads": 1}
    whole = net.train(threads=1)
    seen: list[object] = []
    with pytest.raises(Stop):
        net.train(**files, save_every=2, on_event=stop_after(7))
    with pytest.raises(TrainingError, match="E503"):
        net.train(**files)
    learned = net.train(**files, resume=True, on_event=seen.append)
    assert isinstance(seen[0], Begun)
    assert (seen[0].is_resumed, 0 < seen[0].progress.step <= 7) == (True, True)
    assert all(np.array_equal(whole.tensors[name], learned.tensors[name]) for name in whole.tensors)
    assert learned.history == whole.history
    assert not Path("a.checkpoint.safetensors").exists()
    again = net.train(**files, resume=True, on_event=seen.append)
    assert isinstance(seen[-1], AlreadyFinished)
    assert (again.history, again.identity) == (learned.history, learned.identity)
    assert all(np.array_equal(again.tensors[name], learned.tensors[name]) for name in learned.tensors)


def test_weights_to_begin_with(net: Spec) -> None:
    seen: list[object] = []
    first = net.train(threads=1, epochs=1)
    first.save("first.safetensors")
    by_file = net.train(weights="first.safetensors", freeze=["conv"], threads=1, epochs=1)
    by_name = net.train(weights=first.tensors, freeze=["conv"], threads=1, epochs=1)
    for name in first.tensors:
        assert np.array_equal(by_file.tensors[name], by_name.tensors[name])
        assert np.array_equal(first.tensors[name], by_name.tensors[name]) == name.startswith("conv")
    five = Path("net.yaml").read_text().replace("{K: 4}", "{K: 5}").replace("bottom right]", "bottom right, none]")
    Path("other.yaml").write_text(five)
    load("other.yaml").train(weights="first.safetensors", threads=1, epochs=1, on_event=seen.append)
    assert seen[0] == WeightsDrawn("first.safetensors", 4, (), ("fc.weight", "fc.bias"))


def test_arguments_that_contradict_each_other(net: Spec) -> None:
    with pytest.raises(ValueError, match="name its file"):
        net.train(resume=True)
    with pytest.raises(ValueError, match="exclude each other"):
        net.train(checkpoint="a.safetensors", resume=True, restart=True)
    with pytest.raises(ValueError, match="files of their own"):
        net.train(output="a.safetensors", checkpoint="a.safetensors")
    with pytest.raises(ValueError, match="part='all'"):
        net.evaluate(weights=net.train(epochs=1, threads=1).tensors, validation=0)


def test_where_there_is_nothing_to_resume_the_run_begins(net: Spec) -> None:
    seen: list[object] = []
    net.train(checkpoint="a.safetensors", resume=True, epochs=1, threads=1, on_event=seen.append)
    assert seen[0] == NothingToResume(Path("a.safetensors"))


def test_settings_are_judged_like_those_of_a_spec(net: Spec) -> None:
    with pytest.raises(cnnspec.SpecError) as caught:
        net.train(epochs=0)
    assert [(d.code, d.file) for d in caught.value.diagnostics] == [("E104", "train.epochs=0")]
    with pytest.raises(cnnspec.SpecError, match="unknown field `epoch`"):
        net.train(epoch=1)
    with pytest.warns(UserWarning, match="W301") as warned:
        net.train(epochs=1, factor=0.5, threads=1)
    assert warned[0].filename == __file__


def test_results_can_be_sent_on(net: Spec) -> None:
    learned = net.train(threads=1, epochs=1)
    x = np.ones((2, 1, 6, 6), np.float32)
    for copied in (pickle.loads(pickle.dumps(learned)), copy.deepcopy(learned)):
        assert copied.history == learned.history
        y, expected = copied.model()(x), learned.model()(x)
        assert isinstance(y, np.ndarray)
        assert isinstance(expected, np.ndarray)
        np.testing.assert_array_equal(y, expected)


def test_a_network_runs_on_files_and_arrays(net: Spec) -> None:
    learned = net.train(threads=1, epochs=1)
    x = np.random.default_rng(0).random((5, 1, 6, 6), np.float32)
    np.save("five.npy", x)
    scores = learned.model()(x)
    by_file = list(net.run("five.npy", learned.tensors, top=2, batch=2))
    assert [seen.input for seen in by_file] == [f"five.npy[{i}]" for i in range(5)]
    for seen, row in zip(by_file, scores, strict=True):
        assert isinstance(seen.found, tuple)
        assert [c.index for c in seen.found] == np.argsort(-row, kind="stable")[:2].tolist()
        assert seen.found[0].name == net.classes()[int(row.argmax())]  # type: ignore[index]
    for one, other in zip(net.run(x, learned.tensors, top=2), by_file, strict=True):
        assert isinstance(one.found, tuple)
        assert isinstance(other.found, tuple)
        assert [c.index for c in one.found] == [c.index for c in other.found]
        assert [c.score for c in one.found] == pytest.approx([c.score for c in other.found], rel=1e-5)
    (inner,) = net.run(x[:1], learned.tensors, until="conv")
    assert isinstance(inner.found, np.ndarray)
    assert (inner.output, inner.found.shape) == ("conv", (4, 6, 6))


def test_inputs_that_cannot_be_used(net: Spec) -> None:
    learned = net.train(threads=1, epochs=1)
    np.save("good.npy", np.zeros((1, 6, 6)))
    with pytest.raises(cnnspec.FileError, match="E404"):
        list(net.run(["good.npy", "gone.npy"], learned.tensors))
    failures: list[cnnspec.FileError] = []
    seen: list[Prediction] = list(net.run(["gone.npy", "good.npy"], learned.tensors, on_failure=failures.append))
    assert [result.input for result in seen] == ["good.npy"]
    assert [failure.diagnostics[0].code for failure in failures] == ["E404"]
    with pytest.raises(ValueError, match="Did you mean 'conv'"):
        net.run("good.npy", learned.tensors, until="convv")
    with pytest.raises(ValueError, match=r"\(N, 1, 6, 6\)"):
        net.run(np.zeros((6, 6)), learned.tensors)
