"""Which examples make which batch, and how they are read."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import idx_folder, network, npz, pictures

from cnnspec.diagnostics import FileError
from cnnspec.train.datasets import Dataset, open_dataset
from cnnspec.train.datasets.augment import Augment
from cnnspec.train.datasets.batches import Batches, in_order
from cnnspec.train.datasets.split import held_out


@pytest.fixture
def examples(tmp_path: Path) -> Dataset:
    return open_dataset(idx_folder(tmp_path, *pictures(23)), network())


def together(batches: Any) -> tuple[Any, Any]:
    xs, ys = zip(*batches, strict=True)
    return np.concatenate(xs), np.concatenate(ys)


@pytest.mark.parametrize(
    ("count", "validation", "held"),
    [(1797, 0.2, 359), (60_000, 10_000, 10_000), (10, 0.01, 1), (10, 0, 0), (10, 0.25, 2), (2, 0.5, 1), (10, 9, 9)],
)
def test_held_out(count: int, validation: float, held: int) -> None:
    assert held_out(count, validation) == held


def test_an_epoch_takes_every_example_once(examples: Dataset) -> None:
    batches = Batches(examples, 20, 6, seed=0)
    assert len(batches) == 4
    assert [len(batch.x) for batch in batches.of(1)] == [6, 6, 6, 2]
    x, y = together(batches.of(1))
    order = batches.order(1)
    assert sorted(order) == list(range(20))
    assert np.array_equal(x, examples.read(order)[0])
    assert np.array_equal(y, examples.read(order)[1])


def test_the_order_hangs_on_seed_and_epoch_alone(examples: Dataset) -> None:
    assert np.array_equal(Batches(examples, 20, 6, 0).order(1), Batches(examples, 20, 7, 0).order(1))
    others = {tuple(Batches(examples, 20, 6, seed).order(epoch)) for seed in (0, 1) for epoch in (1, 2)}
    assert len(others) == 4


def test_an_epoch_goes_on_from_any_batch(examples: Dataset) -> None:
    """With the same augmentation as in one go."""
    batches = Batches(examples, 20, 6, 0, Augment(examples.blank, shift=1, rotate=10))
    whole = list(batches.of(3))
    for start in range(5):
        rest = list(batches.of(3, start))
        assert len(rest) == 4 - start
        for batch, same in zip(rest, whole[start:], strict=True):
            assert np.array_equal(batch.x, same.x)
            assert np.array_equal(batch.y, same.y)


def test_examples_are_changed_anew_in_each_epoch(examples: Dataset) -> None:
    batches = Batches(examples, 20, 20, 0, Augment(examples.blank, shift=3))
    first, second = (next(batches.of(epoch)).x[np.argsort(batches.order(epoch))] for epoch in (1, 2))
    assert not np.array_equal(first, second)


def test_held_out_examples_are_read_as_they_are(examples: Dataset) -> None:
    x, y = together(in_order(examples, range(20, 23), 2))
    assert np.array_equal(x, examples.read(np.arange(20, 23))[0])
    assert y.tolist() == [20 % 3, 21 % 3, 22 % 3]


def test_what_reading_raises_is_raised_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    x = np.zeros((6, 1, 4, 5))
    x[5] = np.nan
    reading = in_order(open_dataset(npz(tmp_path / "a.npz", x=x, y=np.arange(6) % 3), network()), range(6), 2)
    assert [len(next(reading).x) for _ in range(2)] == [2, 2]
    with pytest.raises(FileError, match="E426"):
        next(reading)


def test_reading_ahead_ends_with_its_reader(examples: Dataset) -> None:
    before = threading.active_count()
    reading: Any = Batches(examples, 20, 1, 0).of(1)
    next(reading)
    reading.close()
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(5)
    assert threading.active_count() <= before
