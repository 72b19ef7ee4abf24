"""Files appear whole or not at all; what cannot be opened is said in a sentence."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.files.reading import blaming, opened
from cnnspec.files.writing import ensure_writable, whole


def refusal(error: pytest.ExceptionInfo[FileError]) -> Diagnostic:
    [diagnostic] = error.value.diagnostics
    return diagnostic


def test_a_plain_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with opened(tmp_path / "a") as stream:
        assert stream.read() == b"abc"


def test_a_missing_file_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "lenet5.npz").touch()
    with pytest.raises(FileError) as error:
        opened(tmp_path / "lenet.npz")
    assert refusal(error).code == "E404"
    assert refusal(error).help == "did you mean `lenet5.npz`?"


@pytest.mark.parametrize("name", ["nowhere/a.npz", "file/a.npz"])
def test_a_missing_folder_is_a_missing_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError) as error:
        opened(tmp_path / name)
    assert (refusal(error).code, refusal(error).help) == ("E404", "check the path, and its case")


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    for path, kind in ((tmp_path, "folder"), (Path("/dev/zero"), "device")):
        with pytest.raises(FileError) as error:
            opened(path)
        assert refusal(error).code == "E403"
        assert kind in refusal(error).why


@pytest.mark.parametrize(("name", "why"), [("a" * 5000, "too long"), ("a\0b", "null"), ("\ud800", "surrogates")])
def test_an_impossible_name_is_refused(name: str, why: str) -> None:
    with pytest.raises(FileError) as error:
        opened(name)
    assert refusal(error).code == "E403"
    assert why in refusal(error).why


def test_an_error_of_the_disk_while_reading_is_told() -> None:
    with pytest.raises(FileError) as error, blaming("a.npz"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    assert (refusal(error).code, refusal(error).why) == ("E403", "Input/output error")


def test_a_new_file_appears_with_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with whole(tmp_path / "new") as stream:
        stream.write(b"abc")
        assert not (tmp_path / "new").exists()
    assert (tmp_path / "new").read_bytes() == b"abc"
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "usual"]


def test_a_new_name_is_synced_behind_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut behind the call loses nothing: the bytes are on the disk before the name, the name before the end."""
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "bytes")
        fsync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        calls.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    with whole(tmp_path / "a") as stream:
        stream.write(b"abc")
    assert calls == ["bytes", "name", "folder"]


@pytest.mark.parametrize(("fault", "is_told"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_folder_that_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int, is_told: bool
) -> None:
    fsync = os.fsync

    def synced(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(fault, os.strerror(fault))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    told = ""
    try:
        with whole(tmp_path / "a") as stream:
            stream.write(b"abc")
    except FileError as error:
        told = error.diagnostics[0].code
    assert told == ("E415" if is_told else "")
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_what_nobody_else_may_read_is_gathered_where_nobody_else_may(tmp_path: Path) -> None:
    (tmp_path / "a").touch(0o600)
    with whole(tmp_path / "a"):
        [gathered] = tmp_path.glob(".*.tmp")
        assert stat.S_IMODE(gathered.stat().st_mode) == 0o600


def test_an_older_file_is_replaced_and_keeps_its_permissions_and_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    with whole(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_file_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    def interrupted(stream: BinaryIO) -> None:
        stream.write(b"new")
        stream.flush()
        raise error

    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(error), whole(tmp_path / "a") as stream:
        interrupted(stream)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError) as error, whole(tmp_path / "a") as stream:
        stream.write(b"new")
    assert refusal(error).code == "E415"
    assert refusal(error).why == "No space left on device"
    assert "room" in refusal(error).help
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "why", "help"),
    [
        ("nowhere/a", "No such file", "create the folder"),
        ("file/a", "Not a directory", "not a folder"),
        ("folder", "Is a directory", "name of a file"),
        ("a" * 300, "too long", "a shorter name"),
    ],
)
def test_a_place_that_cannot_be_written(tmp_path: Path, name: str, why: str, help: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError) as error, whole(tmp_path / name) as stream:
        stream.write(b"abc")
    assert refusal(error).code == "E415"
    assert name[:20] in refusal(error).message
    assert why in refusal(error).why
    assert help in refusal(error).help
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(FileError) as error, whole(tmp_path / "a"):
        pass
    assert (refusal(error).why, refusal(error).help) == (
        "Permission denied",
        "choose a folder where you may write",
    )


def test_a_full_device_is_told_and_a_void_one_is_written() -> None:
    with pytest.raises(FileError) as error, whole("/dev/full") as stream:
        stream.write(b"abc")
    assert (refusal(error).code, refusal(error).why) == ("E415", "No space left on device")
    with whole("/dev/null") as stream:
        stream.write(b"abc")
    assert Path("/dev/null").is_char_device()


def test_a_stream_of_the_process_is_written_directly(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        with whole(f"/proc/self/fd/{out.fileno()}") as stream:
            stream.write(b"abc")
        assert os.fstat(out.fileno()).st_ino == (tmp_path / "out").stat().st_ino
    assert (tmp_path / "out").read_bytes() == b"abc"


def test_a_closed_pipe_stays_a_closed_pipe(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), whole(tmp_path / "a"):
        raise BrokenPipeError
    assert not list(tmp_path.iterdir())


def test_a_long_name_has_room_for_its_temporary_file(tmp_path: Path) -> None:
    with whole(tmp_path / ("a" * 255)) as stream:
        stream.write(b"abc")
    assert (tmp_path / ("a" * 255)).read_bytes() == b"abc"


def test_what_a_killed_writer_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    """That of the file itself, and of no other; not what a living one is writing."""
    for name in ("a", "b"):
        with whole(tmp_path / name) as stream:
            remains = Path(stream.name)
        remains.write_bytes(b"half of it")
        (tmp_path / name).unlink()
    assert len(list(tmp_path.iterdir())) == 2
    with whole(tmp_path / "b") as other:
        other.write(b"b")
        with whole(tmp_path / "b") as stream:
            stream.write(b"c")
        ensure_writable(tmp_path / "b")
        left = {path.name for path in tmp_path.iterdir()}
        assert len(left) == 3
        assert {"b", Path(other.name).name} < left
    assert (tmp_path / "b").read_bytes() == b"b"
    ensure_writable(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
