"""Files that go together are replaced together, whatever fails: by fault and by kill at each call of the work."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults import FAULTS, Killed, injected

from cnnspec.diagnostics import FileError
from cnnspec.files.lock import locked
from cnnspec.files.written_set import written_together

OLD, NEW = (b"old", b"old data"), (b"new", b"new data")


def write(texts: tuple[bytes, ...] = NEW) -> None:
    with written_together("net", "net.data") as streams:
        for stream, text in zip(streams, texts, strict=True):
            stream.write(text)


def fail() -> None:
    """The block of the work breaks off."""
    with written_together("net", "net.data") as streams:
        streams[1].write(b"half")
        raise KeyError


def contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path().iterdir()}


def pair() -> tuple[bytes, ...] | None:
    """What the first file and that beside it hold; None where there is no first."""
    return (Path("net").read_bytes(), Path("net.data").read_bytes()) if Path("net").exists() else None


@pytest.fixture(params=["both", "data alone", "none"])
def older(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What is there before."""
    monkeypatch.chdir(tmp_path)
    if request.param != "none":
        Path("net.data").write_bytes(OLD[1])
    if request.param == "both":
        Path("net").write_bytes(OLD[0])
    return contents()


def restore(older: dict[str, bytes]) -> None:
    for name in contents():
        Path(name).unlink()
    for name, held in older.items():
        Path(name).write_bytes(held)


def test_both_are_replaced_and_nothing_is_left(older: dict[str, bytes]) -> None:
    write()
    assert contents() == {"net": NEW[0], "net.data": NEW[1]}
    write(OLD)
    assert contents() == {"net": OLD[0], "net.data": OLD[1]}


def test_of_two_writers_the_second_is_refused(older: dict[str, bytes]) -> None:
    with locked("net"), pytest.raises(FileError) as caught:
        write()
    assert [(found.code, found.why[-16:]) for found in caught.value.diagnostics] == [("E415", "is at work on it")]
    assert contents() == older


def test_an_error_in_the_block_changes_nothing(older: dict[str, bytes]) -> None:
    with pytest.raises(KeyError):
        fail()
    assert contents() == older


def test_whatever_fails(older: dict[str, bytes]) -> None:
    with injected() as disk:
        write()
    calls = list(disk.calls)
    assert calls.count("replace") >= 2
    for fault in FAULTS:
        for at in range(len(calls)):
            restore(older)
            said = f"{fault} at {calls[at]} {at} of {len(calls)}"
            found: list[str] = []
            try:
                with injected(fault, at) as disk:
                    write()
            except Killed:
                pass
            except FileError as error:
                found = [diagnostic.code for diagnostic in error.diagnostics]
            allowed = {NEW, OLD if "net" in older else None}
            if disk.is_dead:
                assert pair() in allowed | {None}, said
                write()
            elif found:
                assert found == ["E415"], said
                assert pair() in allowed, said
                kept = {name: held for name, held in contents().items() if not name.startswith(".")}
                assert kept in (older, {"net": NEW[0], "net.data": NEW[1]}), said
                write()
            elif disk.met == "unlink":  # what was set aside is left
                write()
            assert contents() == {"net": NEW[0], "net.data": NEW[1]}, said


def test_what_a_kill_has_set_aside_is_put_back_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(OLD)
    with injected() as disk:
        write()
    calls = list(disk.calls)
    for at, name in enumerate(calls):
        write(OLD)
        if name != "replace":
            continue
        with pytest.raises(Killed), injected("killed after", at):
            write()
        with pytest.raises(KeyError):
            fail()
        assert pair() in (OLD, NEW), f"{at} of {len(calls)}"
