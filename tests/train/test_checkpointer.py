"""When a run is saved: only with weights whose loss is known, and when its data turn out to be damaged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from learning import Lost, Shuffled, losses, run

from cnnspec.diagnostics import Diagnostic, Failure, FileError
from cnnspec.language.sections.train import Train
from cnnspec.train.checkpoint import load
from cnnspec.train.checkpointer import Checkpointer
from cnnspec.train.datasets.batches import LabelledBatch
from cnnspec.train.events import Stepped
from cnnspec.train.identity import Identity
from cnnspec.train.loop import TrainingRun

IDENTITY = Identity("spec", "data", "start", Train(epochs=3), 1)


def kept(training: TrainingRun, path: Path, every: int) -> dict[int, bytes]:
    """The weights that a checkpointer saves in a run, by the steps that made them."""
    checkpointer = Checkpointer(training, IDENTITY, path, every)
    found = {}
    with suppress(Failure):
        for event in checkpointer.events():
            checkpointer(event)
            if checkpointer.kept is not None:
                found[checkpointer.kept] = load(path)[1].tensors["fc.weight"].tobytes()
    return found


def test_only_judged_weights_are_kept(tmp_path: Path) -> None:
    """The loss of the third step is that of the weights which two steps have made."""
    training, after = run(), {}
    for event in training.events():
        if isinstance(event, Stepped):
            after[event.step] = training.learner.tensors["fc.weight"].tobytes()
    assert kept(run(), tmp_path / "c.safetensors", 1) == after
    assert list(kept(run(), tmp_path / "c.safetensors", 2)) == [2, 3, 4, 6, 8, 9]
    lost = run()
    lost.learner = Lost(math.nan, 1.0)  # type: ignore[assignment]
    assert kept(lost, tmp_path / "c.safetensors", 1) == {1: after[1]}
    lost = run()
    lost.examine = losses(math.nan)
    assert kept(lost, tmp_path / "c.safetensors", 1) == {1: after[1], 2: after[2]}


def test_the_last_weights_are_kept_where_nothing_is_held_out(tmp_path: Path) -> None:
    training = run()
    training.examine = None
    assert list(kept(training, tmp_path / "c.safetensors", 100)) == [3, 6, 9]


class Damaged(Shuffled):
    """Its third batch cannot be read."""

    def of(self, epoch: int, start: int) -> Iterator[LabelledBatch]:
        yield from islice(super().of(epoch, start), 2 - start)
        raise FileError([Diagnostic("E410", "an image is damaged")])


def test_what_was_done_before_data_were_found_damaged_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    training = run()
    training.batches = Damaged()  # type: ignore[assignment]
    checkpointer = Checkpointer(training, IDENTITY, path, 100)
    with pytest.raises(FileError, match="E410"):
        list(checkpointer.events())
    assert (checkpointer.kept, load(path)[1].progress.step) == (2, 2)
    path.unlink()
    again = run(training.snapshot())
    again.batches = Damaged()  # type: ignore[assignment]
    with pytest.raises(FileError, match="E410"):
        list(Checkpointer(again, IDENTITY, path, 100).events())
    assert not path.exists(), "nothing has been done since"
