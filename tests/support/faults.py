"""Faults in the calls by which files are written: each call of a piece of work in turn fails, or ends the process.

The calls are those of Python's own modules, replaced for the time of the work; `open` gives files whose writes are met,
too. A process that is killed makes no call any more: from there on they do nothing.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

FAULTS = ("EIO", "ENOSPC", "short", "killed before", "killed after")
CALLS = ("fsync", "replace", "rename", "unlink", "remove", "rmdir", "truncate", "ftruncate", "chmod", "mkdir", "link")


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Disk:
    """Counts the calls, whose names are `calls`; at the one of number `at` the `fault` happens. `is_dead` says that it
    was a kill, `met` that it has happened."""

    fault: str = ""
    at: int = -1
    calls: list[str] = field(default_factory=list)
    is_dead: bool = False

    @property
    def met(self) -> str:
        """The name of the call that has failed."""
        return self.calls[self.at] if 0 <= self.at < len(self.calls) else ""

    def do(self, name: str, work: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Do the `work` of a call, or what its fault makes of it. Of a write there is a `half`."""
        self.calls.append(name)
        if len(self.calls) != self.at + 1:
            return work()
        if self.fault.startswith("E"):
            code = getattr(errno, self.fault)
            raise OSError(code, os.strerror(code))
        if self.fault == "short":
            return half() if half else work()
        if self.fault == "killed after":
            work()
        elif half:  # in its middle
            half()
        self.is_dead = True
        if name == "unlink":  # what goes on behind it changes nothing more, and closes what is open
            return None
        raise Killed


@contextmanager
def injected(fault: str = "", at: int = -1) -> Iterator[Disk]:
    """Let a fault happen at a call of the block, if any; all of its calls are counted."""
    disk = Disk(fault, at)

    class File(io.FileIO):
        def __init__(self, file: Any, mode: str = "r", closefd: bool = True, opener: Any = None) -> None:
            def make() -> None:
                super(File, self).__init__(file, mode, closefd, opener)

            if opener or isinstance(file, int):  # which is met by itself
                make()
            elif disk.is_dead:
                raise Killed
            else:
                try:
                    disk.do("open", make)
                except Killed:
                    self.close()
                    raise

        def write(self, data: Any) -> Any:
            held, whole = bytes(data), super().write
            if disk.is_dead:
                return len(held)
            return disk.do("write", lambda: whole(held), lambda: whole(held[: len(held) // 2]))

    plain_open, plain_os_open, plain_write = builtins.open, os.open, os.write

    def opened(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **options: Any) -> Any:
        if "b" not in mode or not set(mode) & set("wxa"):
            return plain_open(file, mode, buffering, *rest, **options)
        raw = File(file, mode, opener=options.get("opener"))
        return io.BufferedWriter(raw) if buffering else raw

    def os_opened(path: Any, flags: int, *rest: Any, **options: Any) -> Any:
        if not flags & os.O_CREAT:
            return plain_os_open(path, flags, *rest, **options)
        if disk.is_dead:
            raise Killed
        return disk.do("open", lambda: plain_os_open(path, flags, *rest, **options))

    def os_written(descriptor: int, data: Any) -> Any:
        if disk.is_dead:
            return len(data)
        return disk.do("write", lambda: plain_write(descriptor, data), lambda: plain_write(descriptor, data[:1]))

    def met(name: str) -> Callable[..., Any]:
        plain = getattr(os, name)

        def call(*given: Any, **options: Any) -> Any:
            return None if disk.is_dead else disk.do(name, lambda: plain(*given, **options))

        return call

    with ExitStack() as patches:
        for name in CALLS:
            patches.enter_context(mock.patch.object(os, name, met(name)))
        patches.enter_context(mock.patch.object(os, "open", os_opened))
        patches.enter_context(mock.patch.object(os, "write", os_written))
        patches.enter_context(mock.patch.object(builtins, "open", opened))
        patches.enter_context(mock.patch.object(io, "open", opened))
        patches.enter_context(mock.patch("cnnspec.train.jsonl_log.FileIO", File))
        yield disk
