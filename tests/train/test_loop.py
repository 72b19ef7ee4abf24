"""The loop by itself: which events come, when it ends, which weights it keeps; what logs and checkpoints hold."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from learning import CLASSES, SIZE, Lost, N, losses, run
from rich.progress import Progress as Progressbar

from cnnspec.cli.training_display import Live
from cnnspec.diagnostics import Failure, FileError, TrainingError
from cnnspec.language.sections.train import Train
from cnnspec.train.checkpoint import Snapshot, load, save
from cnnspec.train.events import EpochDone, Event, Finished, Score, Stepped, StepVerified, Validating
from cnnspec.train.identity import Identity
from cnnspec.train.jsonl_log import JsonlLog
from cnnspec.train.loop import TrainingRun
from cnnspec.train.notices import Begun
from cnnspec.train.progress import Progress, RunningTotals
from cnnspec.train.resuming import Held
from cnnspec.weights import read

BATCHES = -(-N // SIZE)
IDENTITY = Identity("spec", "data", "start", Train(rate=0.1, epochs=3), 2)


def bare(event: Event) -> Event:
    """Without what a clock says."""
    return replace(event, seconds=0.0) if isinstance(event, Stepped) else event


def unjudged(events: Iterable[Event]) -> list[Event]:
    """Without judgements, which are made anew."""
    return [event for event in events if not isinstance(event, StepVerified | Validating)]


def test_what_happens_in_a_run() -> None:
    events = list(run().events())
    epoch = [StepVerified, Stepped] * BATCHES + [Validating] * 2 + [EpochDone]
    assert [type(event) for event in events] == [*epoch * 3, Finished]
    steps = [event for event in events if isinstance(event, Stepped)]
    assert [(s.epoch, s.batch, s.step) for s in steps] == [
        (e, b, (e - 1) * BATCHES + b) for e in (1, 2, 3) for b in (1, 2, 3)
    ]
    assert [s.examples for s in steps[:BATCHES]] == [8, 8, 6]
    assert [s.rate for s in steps[:2]] == [0.1, 0.05]
    assert all(s.seconds > 0 and s.gradient_norm > 0 for s in steps)


def test_it_learns() -> None:
    done = [event for event in run(epochs=30, rate=1).events() if isinstance(event, EpochDone)]
    assert done[0].training.loss < math.log(CLASSES)
    assert done[-1].validation is not None
    assert done[0].validation is not None
    assert done[-1].validation.loss < done[0].validation.loss


def test_an_epochs_score_is_the_mean_over_its_examples() -> None:
    events = list(islice(run().events(), 2 * BATCHES + 3))
    steps, done = events[1 : 2 * BATCHES : 2], events[-1]
    assert isinstance(done, EpochDone)
    weighted = [(s.examples, s.score) for s in steps if isinstance(s, Stepped)]
    assert done.training.loss == pytest.approx(sum(n * score.loss for n, score in weighted) / N)
    assert done.training.accuracy == pytest.approx(sum(n * (score.accuracy or 0) for n, score in weighted) / N)


def test_the_time_of_a_step_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of who is told of it: a checkpoint is written meanwhile."""
    now = 0
    monkeypatch.setattr("cnnspec.train.loop.perf_counter", lambda: now)
    for event in run().events():
        now += 1
        assert not isinstance(event, Stepped) or event.seconds == 0


def test_nothing_held_out() -> None:
    training = run()
    training.examine = None
    done = [event for event in training.events() if isinstance(event, EpochDone)]
    assert [each.validation for each in done] == [None] * 3


def test_patience_keeps_the_best_weights() -> None:
    training = run(epochs=9, patience=2)
    training.examine = losses(3.0, 2.0, 2.5, 2.0, 1.0)
    kept = {}
    for event in training.events():
        if isinstance(event, EpochDone) and event.epoch == 2:
            kept = {name: array.copy() for name, array in training.learner.tensors.items()}
    assert event == Finished("patience", epochs=4, kept=2)
    assert [done.is_best for done in training.progress.epochs] == [True, True, False, False]
    assert {name: array.tobytes() for name, array in training.result.items()} == {
        name: array.tobytes() for name, array in kept.items()
    }


def test_without_patience_the_last_weights_are_kept() -> None:
    training = run()
    training.examine = losses(1.0, 2.0, 3.0)
    *_, end = training.events()
    assert end == Finished("epochs", 3, 3)
    assert training.result is training.learner.tensors


@pytest.mark.parametrize("patience", [None, 1])
def test_a_run_goes_on_from_any_event(patience: int | None, tmp_path: Path) -> None:
    """Through the file, as another process would: the same events, the same bytes."""
    whole = run(patience=patience)
    events = [bare(event) for event in whole.events()]
    for count in range(1, len(events) + 1):
        part = run(patience=patience)
        list(islice(part.events(), count))
        save(tmp_path / "c.safetensors", IDENTITY, part.snapshot())
        _, snapshot = load(tmp_path / "c.safetensors")
        rest = run(snapshot, patience=patience)
        seen = [bare(event) for event in rest.events()]
        expected = events[min(count, len(events) - 1) :]
        assert unjudged(seen) == unjudged(expected)
        for name, array in whole.result.items():
            assert rest.result[name].tobytes() == array.tobytes(), (count, name)


@pytest.mark.parametrize("count", [0, 3, 6, 7, 9, 13])
def test_the_bar_reaches_its_end_wherever_the_run_goes_on(count: int) -> None:
    part = run()
    list(islice(part.events(), count))
    bar = Progressbar()
    begun = Begun(Train(epochs=3), N, N, 1, part.progress, None, (), (), is_drawn=True, is_resumed=False)
    live = Live(bar, begun)
    for event in run(part.snapshot()).events():
        live(event)
    [task] = bar.tasks
    assert 0 < task.completed == task.total


@pytest.mark.parametrize(
    ("loss", "norm", "message"),
    [
        (math.nan, 1.0, "the loss is not finite"),
        (math.inf, 1.0, "the loss is not finite"),
        (1.0, math.nan, "the loss is not finite"),
        (1.2e6, 1.0, "the loss has exploded"),
    ],
)
def test_a_loss_without_return(loss: float, norm: float, message: str) -> None:
    training = run()
    training.learner = Lost(loss, norm)  # type: ignore[assignment]
    seen: list[Event] = []
    with pytest.raises(TrainingError) as caught:
        seen.extend(training.events())
    [found] = caught.value.diagnostics
    assert (found.code, found.message) == ("E501", message)
    assert found.why.startswith("step 3, epoch 1: loss ")
    assert found.why.endswith(f"gradient norm {norm:.4g}, rate 0.0333")
    assert found.help == "a smaller rate"
    assert training.progress.step == 2
    assert isinstance(seen[-1], Stepped), "nothing says that these weights are sound"


def test_a_large_loss_may_be_no_explosion() -> None:
    training = run()
    training.learner = Lost(0.9e6, 1.0)  # type: ignore[assignment]
    assert isinstance(list(training.events())[-1], Finished)


def test_a_validation_loss_without_return() -> None:
    training = run()
    training.examine = losses(math.nan)
    with pytest.raises(TrainingError, match="E501") as caught:
        list(training.events())
    [found] = caught.value.diagnostics
    assert re.fullmatch(r"on what is held out, after step 3, epoch 1: loss nan \(the first was [\d.]+\)", found.why)


def snapshot(count: int = 5) -> Snapshot:
    training = run(patience=1)
    list(islice(training.events(), count))
    return training.snapshot()


def test_a_checkpoint_gives_back_what_it_was_given(tmp_path: Path) -> None:
    given = snapshot(2 * BATCHES + 4)
    save(tmp_path / "c.safetensors", IDENTITY, given)
    identity, found = load(tmp_path / "c.safetensors")
    assert identity == IDENTITY
    assert found.progress == given.progress
    for mine, theirs in (
        (given.tensors, found.tensors), (given.optimizer, found.optimizer), (given.best, found.best)
    ):  # fmt: skip
        assert {n: a.tobytes() for n, a in mine.items()} == {n: a.tobytes() for n, a in theirs.items()}
        assert mine.keys() == theirs.keys() != set()
    found.tensors["fc.bias"][:] = 7  # no view of a file that will be replaced


def test_equal_runs_have_equal_checkpoints(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / name, IDENTITY, snapshot())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_checkpoint_is_a_weights_file(tmp_path: Path) -> None:
    given = snapshot()
    save(tmp_path / "c.safetensors", IDENTITY, given)
    assert read(tmp_path / "c.safetensors")["fc.weight"].tobytes() == given.tensors["fc.weight"].tobytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"spec": "other"}, "the network is another one"),
        ({"data": "other"}, "the data are others"),
        ({"start": "other"}, "it began with other weights"),
        ({"settings": Train(rate=0.2, epochs=3)}, "`train.rate` was 0.1, is 0.2"),
        ({"settings": Train(rate=0.1, epochs=3, clip=1.0)}, "`train.clip` was null, is 1.0"),
        ({"threads": 1}, "it had 2 threads, has 1"),
    ],
)
def test_another_run_is_refused(change: dict[str, object], said: str) -> None:
    held = Held(Path("c.safetensors"), IDENTITY, Snapshot.start({}), has_ended=False)
    held.agree(IDENTITY)
    with pytest.raises(TrainingError) as caught:
        held.agree(replace(IDENTITY, **change))  # type: ignore[arg-type]
    [found] = caught.value.diagnostics
    assert (found.code, found.file, found.why) == ("E502", "c.safetensors", said)


def test_only_checkpoints_are_resumed(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    with pytest.raises(FileError, match="E404"):
        load(path)
    path.write_bytes(b"")
    with pytest.raises(FileError, match="E403"):
        load(path)
    from safetensors.numpy import save_file

    for metadata in (None, {"cnnspec.training": "{}"}, {"cnnspec.training": "no JSON"}):
        save_file({"fc.weight": np.zeros(3, np.float32)}, path, metadata)
        with pytest.raises(FileError, match="E403"):
            load(path)


def test_a_checkpoint_cut_anywhere_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "c.safetensors", IDENTITY, snapshot())
    data = (tmp_path / "c.safetensors").read_bytes()
    for length in range(0, len(data), 97):
        (tmp_path / "cut.safetensors").write_bytes(data[:length])
        with pytest.raises(Failure):
            load(tmp_path / "cut.safetensors")


def test_sums() -> None:
    sums = RunningTotals.of(2, 1.0, 2, 1) + RunningTotals.of(6, 2.0, 6, 5)
    assert sums.score == Score(1.75, 0.75)
    assert RunningTotals.of(2, 1.0, 0, 0).score == Score(1.0, None)


def logged(training: TrainingRun, log: JsonlLog, count: int | None = None) -> None:
    for event in islice(training.events(), count):
        log(event)
    log.close()


def bare_lines(path: Path) -> list[dict[str, object]]:
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "images_per_second"} for record in records]


def test_a_log_has_every_step_and_epoch(tmp_path: Path) -> None:
    logged(run(), JsonlLog(tmp_path / "log.jsonl", Progress(), "n1"))
    records = bare_lines(tmp_path / "log.jsonl")
    assert [record["event"] for record in records] == ([*["step"] * BATCHES, "epoch"]) * 3
    assert records[0].keys() == {"event", "epoch", "step", "loss", "accuracy", "rate", "gradient_norm"}
    assert records[BATCHES].keys() == {"event", "network", "epoch", "step", "training", "validation", "is_best"}


@pytest.mark.parametrize("kept", range(1, 3 * (2 * BATCHES + 3)))
def test_a_log_goes_on_without_repeats(kept: int, tmp_path: Path) -> None:
    """A checkpoint after some event, a kill some events later, perhaps within a line."""
    logged(run(), JsonlLog(tmp_path / "whole.jsonl", Progress(), "n1"))
    path = tmp_path / "log.jsonl"
    part = run()
    log = JsonlLog(path, Progress(), "n1")
    events = part.events()
    for event in islice(events, kept):
        log(event)
    given = part.snapshot()
    save(tmp_path / "c.safetensors", IDENTITY, given)
    for event in islice(events, 4):
        log(event)
    log.close()
    with path.open("ab") as file:
        file.write(b'{"event": "st')
    _, found = load(tmp_path / "c.safetensors")
    logged(run(found), JsonlLog(path, found.progress, "n1"))
    assert bare_lines(path) == bare_lines(tmp_path / "whole.jsonl")


@pytest.mark.parametrize("line", ["no JSON", "[]", "{}", '{"event": "step"}', "[" * 200_000])
def test_a_log_goes_on_before_what_is_no_line_of_it(line: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    training = run()
    logged(training, JsonlLog(path, Progress(), "n1"), 4)
    path.write_text(path.read_text() + f"{line}\n")
    JsonlLog(path, training.progress, "n1").close()
    assert [record["step"] for record in bare_lines(path)] == [1, 2]


def test_a_new_run_has_a_new_log(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("old\n")
    logged(run(), JsonlLog(path, Progress(), "n1"), 2)
    assert len(bare_lines(path)) == 1


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="E415"):
        logged(run(), JsonlLog(tmp_path / "none" / "log.jsonl", Progress(), "n1"))
