"""A log has whole lines, whatever the system makes of a write."""

from __future__ import annotations

import errno
import json
import os
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from cnnspec.diagnostics import FileError
from cnnspec.train import jsonl_log
from cnnspec.train.events import Stepped
from cnnspec.train.jsonl_log import JsonlLog
from cnnspec.train.progress import Progress, RunningTotals

SUMS = RunningTotals.of(2, 1.0, 2, 1)


def step(number: int) -> Stepped:
    return Stepped(1, number, 9, number, 2, SUMS.score, SUMS.score, 0.1, 1.0, 0.5)


def steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_bytes().splitlines()]


class Slow(FileIO):
    """Takes a few bytes at a time; after some, what `fault` says."""

    fault: OSError | None = None
    count = 0

    def write(self, data: Any) -> int:
        Slow.count += 1
        if Slow.count > 9 and Slow.fault is not None:
            raise Slow.fault
        return super().write(memoryview(data)[:20])


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    Slow.count, Slow.fault = 0, None
    monkeypatch.setattr(jsonl_log, "FileIO", Slow)


def test_a_short_write_goes_on(tmp_path: Path) -> None:
    log = JsonlLog(tmp_path / "log", Progress(), "n1")
    for number in (1, 2, 3):
        log(step(number))
    log.close()
    assert steps(tmp_path / "log") == [1, 2, 3]
    assert Slow.count > 10


def test_of_a_line_that_fails_nothing_is_left(tmp_path: Path) -> None:
    Slow.fault = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    log = JsonlLog(tmp_path / "log", Progress(), "n1")
    log(step(1))
    log(step(2))
    with pytest.raises(FileError) as caught:
        log(step(3))
    assert [d.code for d in caught.value.diagnostics] == ["E415"]
    log.close()
    assert steps(tmp_path / "log") == [1, 2]


def test_a_resumed_run_leaves_no_broken_line(tmp_path: Path) -> None:
    """Not in the middle either, where a killed one has left half of it; what stands behind it is kept."""
    path = tmp_path / "log"
    log = JsonlLog(path, Progress(), "n1")
    for number in (1, 2, 3, 4):
        log(step(number))
    log.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:17] + lines[1] + lines[2] + lines[3] + lines[1][:5])
    log = JsonlLog(path, Progress(step=3, sums=SUMS), "n1")
    log(step(4))
    log.close()
    assert steps(path) == [1, 3, 4]


def test_an_earlier_log_is_there_until_the_first_line_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old\n")
    log = JsonlLog(path, Progress(), "n1")
    assert path.read_text() == "old\n"
    log(step(1))
    log.close()
    assert steps(path) == [1]


def test_a_stream_is_opened_once(tmp_path: Path) -> None:
    """Whoever reads at its other end sees one end of it."""
    os.mkfifo(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    log = JsonlLog(tmp_path / "log", Progress(), "n1")
    log(step(1))
    log(step(2))
    log.close()
    assert [json.loads(line)["step"] for line in os.read(reader, 10_000).splitlines()] == [1, 2]
    os.close(reader)
