"""What comes through a pipe, as a file: it is taken to its end into a temporary one, which can be read from any place.

The temporary file has no name: it is gone with the process, however that ends.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from .places import status
from .unnamed_file import unnamed

MOST = 2**34
"""Bytes that are taken from a pipe, unless its reader wants fewer."""
CHUNK = 2**20

_Identity = tuple[int, int]

_kept: dict[_Identity, _Gathered] | None = None


@contextmanager
def kept() -> Iterator[None]:
    """While the block runs, what a pipe gave is given again to all who open it: by itself it can be had only once.
    Inside another such block this one changes nothing."""
    global _kept
    if _kept is not None:
        yield
        return
    _kept = {}
    try:
        yield
    finally:
        for gathered in _kept.values():
            gathered.close()
        _kept = None


def is_pipe(status: os.stat_result) -> bool:
    return stat.S_ISFIFO(status.st_mode)


def received(path: Path, most: int | None = None) -> BinaryIO:
    """What the pipe at `path` gives, at most `most` bytes, or what has been taken of it already, from the beginning.
    Waits for its writer."""
    if _kept is None:
        with closing(_Gathered(path)) as gathered:
            return gathered.up_to(MOST if most is None else most)
    found = path.stat()
    identity = found.st_dev, found.st_ino
    if identity not in _kept:
        _kept[identity] = _Gathered(path)
    return _kept[identity].up_to(MOST if most is None else most)


def can_be_opened_again(path: Path) -> bool:
    """Whether whoever looks into a file leaves it as it is for the next: what a pipe gives, only while it is `kept`."""
    found = status(path)
    return _kept is not None or found is None or not is_pipe(found)


class _Gathered:
    """What has come through a pipe so far; more of it is taken when more is wanted."""

    def __init__(self, path: Path) -> None:
        self.source = path.open("rb", buffering=0)
        try:
            self.target = unnamed()
        except BaseException:
            self.source.close()
            raise
        self.size = 0

    def up_to(self, most: int) -> BinaryIO:
        """A stream of at least so many bytes, where the pipe has them, at their beginning."""
        while self.size < most and (chunk := self.source.read(min(most - self.size, CHUNK))):
            self.target.seek(self.size)
            self.target.write(chunk)
            self.size += len(chunk)
        self.target.flush()
        stream = os.fdopen(os.dup(self.target.fileno()), "rb")
        stream.seek(0)
        return stream

    def close(self) -> None:
        self.source.close()
        self.target.close()
