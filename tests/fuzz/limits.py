"""The processor time and the memory that an execution may take."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import FrameType
from typing import NoReturn

from processor_time import limit

SECONDS = 0.1
"""What no execution takes on an ordinary machine; the limit is a multiple, see `processor_time`."""


class TooLong(BaseException):
    """An execution without an end. No `except Exception` of a program under test may take it for its own."""


class TooLarge(Exception):  # noqa: N818 - as TooLong
    """An execution that took too much memory."""


@contextmanager
def bounded(memory: int) -> Iterator[None]:
    """Raises TooLong in the block, or TooLarge behind it.

    Memory is that of the whole process at its peak. Where a system cannot forget an earlier peak (Linux can), one hides
    what is lower.
    """
    _forget_peak()
    before = _peak()
    earlier = signal.signal(signal.SIGPROF, _end)
    signal.setitimer(signal.ITIMER_PROF, limit(SECONDS))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)
    if _peak() - before > memory:
        raise TooLarge(f"{(_peak() - before) / 2**20:,.0f} MiB")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise TooLong(f"{limit(SECONDS):.1f} s of the processor")


def _forget_peak() -> None:
    """The peak of a process is then what it has now."""
    if place := _clear_refs():
        os.pwrite(place, b"5", 0)


@cache
def _clear_refs() -> int | None:
    """Open for as long as the process is there."""
    with suppress(OSError):
        return os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
    return None


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
