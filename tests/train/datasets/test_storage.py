"""Data that are many stay on disk, and are read from there as they would be from memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import idx_folder, network, npz, pictures, refusal

from cnnspec.diagnostics import FileError
from cnnspec.files.file_array import FileArray, pieces
from cnnspec.train.datasets import open_dataset

IMAGES = "train-images-idx3-ubyte"


@pytest.mark.parametrize("packed", [False, True])
def test_large_arrays_stay_on_disk(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = npz(tmp_path / "a.npz", packed, x=np.ones((6, 1, 4, 5), np.float32), y=np.arange(6) % 3)
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    inputs: Any = open_dataset(path, network()).inputs
    assert isinstance(inputs.array, FileArray)


def test_unpacked_data_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    examples = open_dataset(idx_folder(tmp_path / "idx", *pictures(), packed=True), network())
    inputs: Any = examples.inputs
    assert isinstance(inputs.pixels, FileArray)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_rows_are_those_of_the_array(tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=(7, 2, 3))
    (tmp_path / "a").write_bytes(b"head" + array.tobytes())
    with (tmp_path / "a").open("rb") as stream:
        rows = FileArray(stream, "<f8", array.shape, 4)
    assert (len(rows), rows.ndim, rows.nbytes) == (7, 3, array.nbytes)
    for chosen in (np.array([6, 0, 3, 3]), slice(2, 5), slice(0, 0), slice(-2, None), np.zeros(0, int)):
        assert np.array_equal(rows[chosen], array[chosen])


def test_pieces_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(70).reshape(7, 10)
    monkeypatch.setattr("cnnspec.files.file_array.PIECE", 3 * array[0].nbytes)
    assert [start for start, _ in pieces(array)] == [0, 3, 6]
    assert np.array_equal(np.concatenate([piece for _, piece in pieces(array)]), array)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is measured as Linux tells it")
def test_data_on_disk_take_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 2**20)
    pixels = np.zeros((640, 256, 512), np.uint8)  # 80 MiB
    examples = open_dataset(idx_folder(tmp_path, pixels, np.zeros(640, np.uint8)), network(H=256, W=512))
    del pixels

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    examples.read(np.arange(4))
    before = resident()
    for start in range(0, 640, 4):
        examples.read(np.arange(start, start + 4))
    assert resident() - before < 20 * 2**20


def test_a_file_that_becomes_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    examples = open_dataset(idx_folder(tmp_path, *pictures()), network())
    os.truncate(tmp_path / IMAGES, 100)
    with pytest.raises(FileError) as caught:
        examples.read(np.arange(7))
    assert [(d.code, d.why) for d in caught.value.diagnostics] == [("E403", "it has become shorter while it was read")]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    monkeypatch.setattr("cnnspec.train.datasets.storage.unnamed", full)
    found = refusal(idx_folder(tmp_path, *pictures(), packed=True))
    assert (found.code, found.why) == ("E403", "No space left on device")
