"""Files around a pickle that are not what they should be: archives, streams and what is neither."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from pathlib import Path

import checkpoint_writer as w
import pytest
from checkpoint_writer import refused

from cnnspec.diagnostics import FileError
from cnnspec.files.pytorch import read


def edited(data: bytes, *edits: tuple[str, int, bytes]) -> bytes:
    """`data` with bytes replaced, each at an offset from the last record that begins with PK and `record`."""
    raw = bytearray(data)
    for record, offset, new in edits:
        at = raw.rindex(b"PK" + record.encode()) + offset
        raw[at : at + len(new)] = new
    return bytes(raw)


def compressed() -> bytes:
    """A bomb: a megabyte of zeros in a kilobyte."""
    with zipfile.ZipFile(buffer := BytesIO(), "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("net/data.pkl", w.weights())
        file.writestr("net/data/0", bytes(1 << 20))
    return buffer.getvalue()


def duplicate() -> bytes:
    with zipfile.ZipFile(buffer := BytesIO(), "w") as file:
        file.writestr("net/data.pkl", w.weights())
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("net/data.pkl", w.weights())
    return buffer.getvalue()


def overlapping() -> bytes:
    """The first member claims the header of the second, too."""
    data = w.archive()
    entry = data.index(b"PK\1\2")
    size = struct.pack("<L", len(w.weights()) + 1)
    return data[: entry + 20] + size * 2 + data[entry + 28 :]


ENTRY, LOCAL, END = "\1\2", "\3\4", "\5\6"
GOOD = w.archive()
FAR = b"\xff\xff\xff\x7f"
WIDE = struct.pack("<4sLQL", b"PK\6\7", 0, 3, 1)
END_OF_9_MB = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 9 << 20, 4, 0)
FILES = {
    "empty": (b"", "it is empty"),
    "text": (b"weights", "is no PyTorch checkpoint"),
    "safetensors": (struct.pack("<Q", 2) + b"{}", "is no PyTorch checkpoint"),
    "archive cut in its members": (GOOD[:200], "it ends too early"),
    "archive cut in its last record": (GOOD[:-1], "it ends too early"),
    "only a header": (b"PK\3\4", "it ends too early"),
    "something appended": (GOOD + b"x", "something follows the archive"),
    "directory behind the end": (edited(GOOD, (END, 16, FAR)), "not where it should be"),
    "directory of 2 GB": (edited(GOOD, (END, 12, FAR)), "not where it should be"),
    "directory elsewhere": (edited(GOOD, (END, 16, b"\0\0\0\0")), "makes no sense"),
    "more entries than fit": (edited(GOOD, (END, 10, b"\xff\xff")), "not where it should be"),
    "more entries than there are": (
        edited(w.archive(folder=f"{'n' * 40}/"), (END, 10, b"\3")),
        "makes no sense",
    ),
    "too long a directory": (b"PK\3\4" + bytes(9 << 20) + END_OF_9_MB, "has too many members"),
    "wide directory elsewhere": (GOOD[:-22] + WIDE + GOOD[-22:], "nothing at byte 3"),
    "wide directory at the end": (b"PK\3\4" + WIDE + GOOD[-22:], "nothing at byte 3"),
    "encrypted": (edited(GOOD, (ENTRY, 8, b"\1\0")), "compressed or encrypted"),
    "compressed": (compressed(), "compressed or encrypted member, `net/data.pkl`"),
    "two sizes": (edited(GOOD, (ENTRY, 20, b"\1\0\0\0")), "compressed or encrypted"),
    "member of 2 GB": (edited(GOOD, (ENTRY, 20, FAR * 2)), "is longer than the file"),
    "member behind the end": (edited(GOOD, (ENTRY, 42, FAR)), "member `net/data/0` is missing"),
    "member without a header": (edited(GOOD, (ENTRY, 42, b"\1\0\0\0")), "member `net/data/0` is missing"),
    "two names": (edited(GOOD, (LOCAL, 30, b"N")), "has two names"),
    "overlapping": (overlapping(), "its members overlap at `net/data/0`"),
    "duplicate": (duplicate(), "holds the member `net/data.pkl` twice"),
    "foreign member": (
        w.archive(folder="", records={"data/0": w.FLOATS}),
        "holds `data.pkl`, which is no part",
    ),
    "two folders": (
        w.archive(folder="", records={"a/data.pkl": b"", "b/x": b""}),
        "is no part of a checkpoint",
    ),
    "member outside": (
        w.archive(records={"../../etc/passwd": b""}),
        "`net/../../etc/passwd`, which is no part",
    ),
    "absolute member": (w.archive(folder="/"), "`/data.pkl`, which is no part"),
    "backslashes": (w.archive(records={"..\\x": b""}), "is no part of a checkpoint"),
    "no members": (b"PK\3\4" + b"PK\5\6" + bytes(18), "there is no `data.pkl` in it"),
    "no data.pkl": (w.archive(folder="net/data/"), "there is no `data.pkl` in it"),
    "TorchScript": (w.archive(records={"constants.pkl": b""}), "holds a TorchScript program"),
    "byte order": (w.archive(records={"byteorder": b"middle"}), "byte order is unknown"),
    "long byte order": (w.archive(records={"byteorder": b"little" * 9}), "byte order is unknown"),
    "damaged numbers": (
        GOOD.replace(w.FLOATS, w.FLOATS[::-1]),
        "storage `0` has changed since it was written",
    ),
    "stream cut": (w.stream()[:-1], "24 bytes are needed, 23 are left"),
    "stream without storages": (w.stream(storages=b""), "24 bytes are needed, 0 are left"),
    "stream with more": (w.stream() + b"x", "something follows its storages"),
    "stream of another magic": (w.stream(magic=7), "magic number is missing"),
    "stream of another version": (w.stream(version=1002), "its version is not 1,001"),
    "stream without keys": (w.stream(keys=b"N"), "its list of storages is missing"),
    "stream with a number as key": (w.stream(keys=b"]K\0a"), "a key is unknown"),
    "stream with a strange key": (w.stream(keys=b"]" + w.text("1") + b"a"), "a key is unknown"),
    "stream with a key twice": (w.stream(keys=b"](" + w.text("0") * 2 + b"e"), "comes twice"),
    "stream with fewer storages": (w.stream(keys=b"]", storages=b""), "storage `0` is missing"),
    "stream that counts otherwise": (
        w.stream(storages=struct.pack("<Q", 7) + w.FLOATS),
        "7 numbers are announced",
    ),
    "stream of 4 TB": (
        w.stream(w.weights(w.tensor(storage=w.stored(2**40))), storages=struct.pack("<Q", 2**40) + w.FLOATS),
        "4,398,046,511,104 bytes are needed, 24 are left",
    ),
}


@pytest.mark.parametrize(("data", "said"), FILES.values(), ids=FILES.keys())
def test_files_that_are_refused(path: Path, data: bytes, said: str) -> None:
    assert said in refused(path, data)


def test_a_program_in_data_pkl_is_not_read_to_its_end(path: Path) -> None:
    assert "at most 33,554,432 are read" in refused(path, w.archive(bytes((32 << 20) + 1)))


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "absent.pth", "E404"), (tmp_path, "E403")):
        with pytest.raises(FileError) as caught:
            read(path)
        assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]


@pytest.mark.parametrize("data", [w.archive(), w.stream()], ids=["archive", "stream"])
def test_a_file_cut_anywhere_is_refused(path: Path, data: bytes) -> None:
    for length in range(len(data)):
        refused(path, data[:length])
