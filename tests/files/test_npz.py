"""Archives of arrays: members are checked by name, number and size before one is unpacked."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processor_time import about

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.files import npz
from cnnspec.inputs.arrays import load_input

SHAPE = (3, 4, 5)


def npy_bytes(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def archive(path: Path, *members: tuple[str, bytes], compress: bool = False) -> Path:
    kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def refused(path: Path, shape: tuple[int, ...] = SHAPE) -> Diagnostic:
    with pytest.raises(FileError) as error:
        load_input(path, shape)
    [diagnostic] = error.value.diagnostics
    assert diagnostic.file == str(path)
    return diagnostic


def test_a_torch_file_named_npz_is_refused_as_a_pickle(tmp_path: Path) -> None:
    assert refused(archive(tmp_path / "a.npz", ("archive/data.pkl", b""))).code == "E406"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../a.npy", "leave"),
        ("b/../../a.npy", "leave"),
        ("/a.npy", "leave"),
        ("..\\a.npy", "leave"),
        ("a.txt", "not an array"),
        ("folder/", "not an array"),
        ("a\x1b[31m.npy", "not an array"),
        ("a" * 2000 + ".npy", "not an array"),
    ],
)
def test_foreign_members_are_refused(tmp_path: Path, name: str, why: str) -> None:
    found = refused(archive(tmp_path / "a.npz", (name, npy_bytes(np.zeros(1)))))
    assert found.code == "E403"
    assert why in found.why
    assert len(found.why) < 200


def test_a_name_that_hides_its_end_behind_nul_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", ("aaa_b.npy", npy_bytes(np.zeros(1))))
    path.write_bytes(path.read_bytes().replace(b"aaa_b.npy", b"a.npy\0.sh"))
    assert "leave" in refused(path).why


def test_duplicate_members_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", ("a.npy", npy_bytes(np.zeros(1))), ("b.npy", npy_bytes(np.ones(1))))
    path.write_bytes(path.read_bytes().replace(b"b.npy", b"a.npy"))
    assert refused(path).why == "it holds `a.npy` twice"


def test_a_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, a=np.zeros(100_000_000, np.float32))
    assert path.stat().st_size < 400_000
    assert "would unpack to 400,000,128" in refused(path).why


def test_a_member_that_unpacks_to_more_than_it_says_is_cut_short(tmp_path: Path) -> None:
    honest = npy_bytes(np.zeros((2, 40, 50), np.float32))
    hidden = 200_000_000
    path = archive(tmp_path / "a.npz", ("a.npy", honest + b"\0" * hidden), compress=True)
    told = struct.pack("<I", len(honest))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", len(honest) + hidden), told))
    tracemalloc.start()
    found = refused(path, (2, 40, 50))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.code == "E403"
    assert "CRC" in found.why
    assert peak < 5_000_000


def test_a_member_that_unpacks_to_less_than_it_says_is_refused(tmp_path: Path) -> None:
    whole = npy_bytes(np.arange(60, dtype=np.float32).reshape(SHAPE))
    path = archive(tmp_path / "a.npz", ("a.npy", whole[:-4]), compress=True)
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", len(whole) - 4), struct.pack("<I", len(whole))))
    assert refused(path).code == "E403"


def test_a_crowded_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", *((f"{i:0900}.npy", b"") for i in range(5000)))
    assert "its list of members claims 4,7" in refused(path).why


def archive64(path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The archive as it ends beyond 2 GiB: a record of 56 bytes, its locator of 20, the usual record of 22."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    np.savez(path, np.ones(SHAPE))
    content = path.read_bytes()
    assert content[-98:-94] == b"PK\6\6"
    assert content[-42:-38] == b"PK\6\7"
    return content


def test_an_archive_with_64_bit_records_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive64(tmp_path / "a.npz", monkeypatch)
    [batch] = load_input(tmp_path / "a.npz", SHAPE).batches(1)
    assert batch.tolist() == np.ones((1, *SHAPE)).tolist()


@pytest.mark.parametrize(
    ("at", "why"),
    [(-98, "contradict"), (-34, "contradict"), (-98 + 44, "claims 4,2")],
)
def test_64_bit_records_that_lie_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, why: str
) -> None:
    content = bytearray(archive64(tmp_path / "a.npz", monkeypatch))
    content[at] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    assert why in refused(tmp_path / "a.npz").why


@pytest.mark.parametrize("data", [b"PK\3\4" + b"\0" * 100, b"PK\5\6" + b"\0" * 17 + b"\1" + b"x"])
def test_what_only_begins_as_an_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(data)
    assert "does not end" in refused(tmp_path / "a.npz").why


def test_what_stands_before_an_archive_is_refused(tmp_path: Path) -> None:
    """`zipfile` would read it, NumPy does not."""
    path = archive(tmp_path / "a.npz", ("a.npy", npy_bytes(np.ones(SHAPE))))
    path.write_bytes(b"\0\1\2\3" + path.read_bytes())
    assert "does not begin" in refused(path).why


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_damage_of_any_packing_is_refused(tmp_path: Path, method: int) -> None:
    x = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as file:
        file.writestr("a.npy", npy_bytes(x))
    [whole] = load_input(tmp_path / "a.npz", SHAPE).batches(1)
    assert whole.tolist() == [x.tolist()]
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[60:90] = bytes(30)
    (tmp_path / "a.npz").write_bytes(data)
    assert refused(tmp_path / "a.npz").code == "E403"


def test_many_members_take_little_time(tmp_path: Path) -> None:
    data = npy_bytes(np.zeros(1))
    path = archive(tmp_path / "a.npz", *((f"{i}.npy", data) for i in range(npz.MOST_MEMBERS)))
    with about(0.3):
        assert refused(path).why == "it holds 10000 arrays; one is wanted"
    with about(1):
        assert len(npz.Archive(path).headers) == npz.MOST_MEMBERS


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", *((f"{i}.npy", b"") for i in range(npz.MOST_MEMBERS + 1)))
    assert refused(path).why == "it holds 10,001 members; 10,000 are read at most"


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", ("a.npy", npy_bytes(np.ones(SHAPE))))
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    assert "CRC" in refused(path).why


def test_an_archive_of_several_arrays_is_refused_as_an_input(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(SHAPE), b=np.zeros(SHAPE))
    assert refused(tmp_path / "a.npz").why == "it holds 2 arrays; one is wanted"


def test_of_an_archive_of_examples_the_inputs_are_taken(tmp_path: Path) -> None:
    x = np.arange(2.0 * np.prod(SHAPE)).reshape(2, *SHAPE)
    np.savez(tmp_path / "a.npz", y=np.zeros(SHAPE), x=x)
    np.testing.assert_array_equal(load_input(tmp_path / "a.npz", SHAPE).array, x)
    np.savez(tmp_path / "a.npz", x=x, y=x, z=x)
    assert refused(tmp_path / "a.npz").why == "it holds 3 arrays; one is wanted"


def test_an_archive_is_a_mapping(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6).reshape(2, 3), "b.weight": np.asfortranarray(np.ones((2, 3), ">f2"))}
    np.savez_compressed(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    held = npz.Archive(tmp_path / "a.npz")
    assert len(held) == 2
    for name, array in held.items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype


def test_an_archive_that_is_replaced_stays_the_one_that_was_opened(tmp_path: Path) -> None:
    first, other = np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)
    path = archive(tmp_path / "a.npz", ("x.npy", npy_bytes(first)))
    held = npz.Archive(path)
    with held.reopened() as stream:
        assert stream.read(2) == b"PK"
    archive(tmp_path / "b.npz", ("x.npy", npy_bytes(other))).replace(path)
    assert np.array_equal(held["x"], first)
    with pytest.raises(FileError, match="E403") as error:
        held.reopened()
    assert "replaced while it was opened" in error.value.diagnostics[0].why
