"""Threads that sleep until they have a job, and how many there are."""

from __future__ import annotations

import os
import subprocess
import sys
from queue import SimpleQueue

import pytest
from checkout import ROOT
from leftovers import no_threads_left

from cnnspec.machine import threads
from cnnspec.machine.threads import VARIABLE, SleepingThreads, default_threads, most_threads


def test_jobs_are_done_in_their_order() -> None:
    done: SimpleQueue[int] = SimpleQueue()
    with no_threads_left():
        sleepers = SleepingThreads(2)
        for i in range(9):
            sleepers.give(1, lambda i=i: done.put(i))  # type: ignore[misc]
        assert [done.get() for _ in range(9)] == list(range(9))
        del sleepers


def test_one_that_was_started_twice_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes when a thread has begun and it is not written down yet."""
    done: SimpleQueue[int] = SimpleQueue()
    with no_threads_left():
        sleepers = SleepingThreads(1)
        for i in range(3):
            sleepers.give(0, lambda i=i: done.put(i))  # type: ignore[misc]
            sleepers._started.clear()
        assert sorted(done.get() for _ in range(3)) == [0, 1, 2]
        del sleepers


PROGRAM = """
import os, sys
from cnnspec.train.workers import Workers

workers = Workers(3)
wanted = workers.run(lambda number, _: number)
child = os.fork()
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
assert workers.run(lambda number, _: number) == wanted
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_workers_of_a_forked_process_are_new() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=600)


@pytest.mark.parametrize(("value", "number"), [("3", 3), (" 12 ", 12), ("", 5), ("99999999999999999999", 999_999_999)])
def test_the_default_is_the_variable_or_the_cores(value: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_cores", lambda: 5)
    monkeypatch.setenv(VARIABLE, value)
    assert default_threads() == number


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "٣", "1e3"])
def test_what_is_no_number_of_threads_is_said(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(ValueError, match=f"{VARIABLE}='{value}' is no whole number of at least 1"):
        default_threads()


@pytest.mark.parametrize(("cores", "most"), [(1, 16), (2, 16), (4, 16), (5, 20), (64, 256)])
def test_no_more_threads_than_help(cores: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_cores", lambda: cores)
    assert most_threads() == most
