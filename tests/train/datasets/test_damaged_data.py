"""Damaged and hostile files of data are refused in words and within bounds."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from datasets import idx, idx_folder, npz, pictures, refusal
from named_pipes import pipe

from cnnspec.files.pipes import kept

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\xfe\xfe\xfe\xfe", "it does not begin as an IDX file does"),
        (b"\x89PNG\r\n\x1a\n", "it is an image"),
        (b"\0\0\x0d\3" + bytes(12), "its numbers are of type 0x0D; pixels and labels are unsigned bytes, 0x08"),
        (b"\0\0\x08\1" + bytes(4), "it has 1 axes; images have 3"),
        (b"\0\0\x08\3\0\0", "it ends within its header"),
        (b"\0\0\x08\3\0\0\0\2\0\0\0\4\0\0\0\5" + bytes(39), "its header promises 2 x 4 x 5 bytes; 39 follow"),
        (b"\0\0\x08\3\0\0\0\2\0\0\0\4\0\0\0\5" + bytes(41), "its header promises 2 x 4 x 5 bytes; 41 follow"),
        (
            b"\0\0\x08\3" + b"\xff" * 12,
            "its header promises 4,294,967,295 x 4,294,967,295 x 4,294,967,295 bytes; 0 follow",
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_idx(tmp_path: Path, content: bytes, why: str, packed: bool) -> None:
    idx_folder(tmp_path, *pictures())
    (tmp_path / IMAGES).write_bytes(gzip.compress(content) if packed else content)
    found = refusal(tmp_path)
    assert (found.code, found.why) == ("E403", why)


def test_idx_without_labels(tmp_path: Path) -> None:
    path = idx(tmp_path / IMAGES, pictures()[0])
    found = refusal(path)
    assert (found.code, Path(found.file).name) == ("E404", LABELS)
    assert found.help == "the labels of images lie beside them, under this name"


@pytest.mark.parametrize("damage", ["cut off", "flipped", "of nothing"])
def test_damaged_gzip(tmp_path: Path, damage: str) -> None:
    idx_folder(tmp_path, *pictures(), packed=True)
    path = tmp_path / f"{IMAGES}.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= damage == "flipped" and 0xFF
    path.write_bytes({"cut off": content[:-9], "flipped": content, "of nothing": content[:2]}[damage])
    found = refusal(tmp_path)
    assert found.code == "E403"
    assert "gzip" in found.why


def test_a_gzip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.datasets.storage.FREE_UNPACKED", 2**20)
    idx_folder(tmp_path, np.zeros((1024, 64, 64), np.uint8), np.zeros(1024, np.uint8), packed=True)
    found = refusal(tmp_path)
    assert (found.code, found.why) == ("E403", "it unpacks to more than 1,048,576 bytes")


def test_an_archive_with_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros((2, 1, 4, 5)), y=np.array([{}, []], object))
    assert refusal(path).code == "E406"


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=np.ones((30, 1, 4, 5)), y=np.zeros(30, int))
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    assert refusal(path).code == "E403"
    os.truncate(path, 1000)
    assert refusal(path).code == "E403"


def test_an_archive_that_points_beyond_its_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    path = npz(tmp_path / "a.npz", x=np.ones((30, 1, 4, 5)), y=np.zeros(30, int))
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("x.npy").header_offset
    content = bytearray(path.read_bytes())
    content[start + 28 : start + 30] = b"\xff\xff"  # the length of the extra field
    path.write_bytes(content)
    assert refusal(path).code == "E403"


def test_what_comes_through_a_pipe_is_judged_as_a_file_is(tmp_path: Path) -> None:
    for name, code in (("a.npz", "E403"), ("a.csv", "E424"), (IMAGES, "E403")):
        with kept(), pipe(tmp_path / name, b"no such thing\n") as path:
            assert refusal(path).code == code
