"""Files that one process at a time works on."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from processes import PATIENCE

from cnnspec.diagnostics import FileError
from cnnspec.files.lock import Taken, locked

HOLDER = """\
import sys
from cnnspec.files.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_at_a_time_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    for _ in range(2):
        with locked(path), pytest.raises(Taken, match=f"process {os.getpid()}"), locked(path):
            pass
    with locked(path), locked(tmp_path / "b.bin"):
        pass
    assert not list(tmp_path.iterdir())


def test_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    path = tmp_path / "a.bin"
    path.touch()
    (tmp_path / "link.bin").symlink_to(path)
    for other in (tmp_path / "inner" / ".." / "a.bin", tmp_path / "link.bin"):
        with locked(path), pytest.raises(Taken), locked(other):
            pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Taken, match=f"process {process.pid}"), locked(path):
            pass
        process.kill()
        process.wait(PATIENCE)
    assert list(tmp_path.iterdir())  # what it left stands in nobody's way
    with locked(path):
        pass
    assert not list(tmp_path.iterdir())


def test_what_raises_inside_lets_go(tmp_path: Path) -> None:
    with suppress(KeyError), locked(tmp_path / "a.bin"):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    """In a folder where others may write, it could lead to a file of ours."""
    path, victim = tmp_path / "a.bin", tmp_path / "mine"
    victim.write_text("precious")
    with locked(path):
        (place,) = tmp_path.glob(".cnnspec-*.lock")
    place.symlink_to(victim)
    with pytest.raises(FileError, match="E415"), locked(path):
        pass
    assert victim.read_text() == "precious"


def test_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="E415"), locked(tmp_path / "none" / "a.bin"):
        pass


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there is no /dev/null")
def test_devices_have_none() -> None:
    with locked("/dev/null"), locked("/dev/null"):
        pass
