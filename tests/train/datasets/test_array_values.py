"""Arrays are taken as they are: inputs, labels and targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets import idx_folder, network, npz, pictures, read

from cnnspec.diagnostics import FileError
from cnnspec.train.datasets import open_dataset


@pytest.mark.parametrize("packed", [False, True])
def test_arrays_are_taken_as_they_are(tmp_path: Path, packed: bool, held: int) -> None:
    x = np.random.default_rng(0).normal(size=(6, 1, 4, 5))
    examples = open_dataset(npz(tmp_path / "a.npz", packed, x=x, y=np.arange(6) % 3, more=x), network())
    found, y = examples.read(np.array([5, 0, 2]))
    assert np.array_equal(found, x[[5, 0, 2]].astype(np.float32))
    assert y.dtype == np.int64
    assert y.tolist() == [2, 0, 2]
    assert examples.blank.tolist() == [0]


@pytest.mark.parametrize("packed", [False, True])
def test_arrays_in_fortran_order(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of them lie all over the file, so they have to fit in memory."""
    x = np.asfortranarray(np.random.default_rng(0).normal(size=(6, 1, 4, 5)))
    path = npz(tmp_path / "a.npz", packed, x=x, y=np.arange(6) % 3)
    assert np.array_equal(read(open_dataset(path, network()))[0], x.astype(np.float32))
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    with pytest.raises(FileError) as caught:
        open_dataset(path, network())
    assert [(d.code, d.help) for d in caught.value.diagnostics] == [("E403", "save `numpy.ascontiguousarray(x)`")]


def test_targets(tmp_path: Path, held: int) -> None:
    y = np.random.default_rng(0).normal(size=(6, 3))
    path = npz(tmp_path / "a.npz", x=np.zeros((6, 1, 4, 5)), y=y)
    _, found = read(open_dataset(path, network(), "mse"))
    assert found.dtype == np.float32
    assert np.array_equal(found, y.astype(np.float32))


def test_targets_that_are_images(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(3, 1, 4, 5))
    examples = open_dataset(npz(tmp_path / "a.npz", x=x, y=x), network(layers="[conv: {F: 3, K: 1, P: same}]"), "mse")
    found, y = read(examples)
    assert np.array_equal(found, y)


def test_a_label_for_each_place(tmp_path: Path) -> None:
    y = np.random.default_rng(0).integers(0, 2, (3, 4, 5))
    path = npz(tmp_path / "a.npz", x=np.zeros((3, 1, 4, 5)), y=y)
    assert np.array_equal(read(open_dataset(path, network(layers="[conv: {F: 3, K: 2, P: same}]")))[1], y)


def test_mse_takes_labels_of_vectors(tmp_path: Path) -> None:
    pixels, labels = pictures()
    _, y = read(open_dataset(idx_folder(tmp_path, pixels, labels), network(), "mse"))
    assert (y.dtype, y.tolist()) == (np.int64, labels.tolist())
