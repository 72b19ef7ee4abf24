"""What comes through a pipe, as a file: it is taken to its end into a temporary one, which can be read from any place.

The temporary file has no name: it is gone with the process, however that ends.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .places import status

MOST = 2**34
"""Bytes that are taken from a pipe, unless its reader wants fewer."""
CHUNK = 2**20

_Identity = tuple[int, int]

_kept: dict[_Identity, BinaryIO] | None = None


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
        for stream in _kept.values():
            stream.close()
        _kept = None


def is_pipe(status: os.stat_result) -> bool:
    return stat.S_ISFIFO(status.st_mode)


def received(path: Path, most: int | None = None) -> BinaryIO:
    """What the pipe at `path` gives, at most `most` bytes, from the beginning. Waits for its writer."""
    most = MOST if most is None else most
    if _kept is None:
        return _taken(path, most)
    found = path.stat()
    identity = found.st_dev, found.st_ino
    if identity not in _kept:
        _kept[identity] = _taken(path, most)
    stream = os.fdopen(os.dup(_kept[identity].fileno()), "rb")
    stream.seek(0)
    return stream


def can_be_opened_again(path: Path) -> bool:
    """Whether whoever looks into a file leaves it as it is for the next: what a pipe gives, only while it is `kept`."""
    found = status(path)
    return _kept is not None or found is None or not is_pipe(found)


def _taken(path: Path, most: int) -> BinaryIO:
    target = _temporary()
    try:
        with path.open("rb", buffering=0) as source:
            left = most
            while left and (chunk := source.read(min(left, CHUNK))):
                target.write(chunk)
                left -= len(chunk)
        target.flush()
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def _temporary() -> BinaryIO:
    """A file without a name; in memory, where no folder may be written to."""
    from tempfile import TemporaryFile

    try:
        return TemporaryFile(prefix="cnnspec-")
    except OSError:
        if not hasattr(os, "memfd_create"):
            raise
        return os.fdopen(os.memfd_create("cnnspec"), "w+b")
