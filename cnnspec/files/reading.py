"""Files of the person who calls, opened for reading: all of them here, where it is noted that they are read.

What the system or a file's content has against it becomes a `FileError` here, E403 or E404.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import Diagnostic, FileError, closest
from . import overwrite_guard, pipes
from .places import AnyPath as AnyPath

NEIGHBOURS = 1000
"""Files of a folder that a missing one is compared with."""


@dataclass(eq=False)
class Malformed(Exception):  # noqa: N818 - it becomes a Diagnostic once its file is known
    """Why a file's content cannot be used. The message goes on after the file's name."""

    why: str
    help: str = ""
    code: str = "E403"
    message: str = "cannot be read"


def opened(path: AnyPath, most: int | None = None) -> BinaryIO:
    """The file at `path`, open for reading; E404 when there is none, E403 when it cannot be read.

    What comes through a pipe is taken to its end first, or to the first `most` bytes. Folders and devices, some of
    which have no end, are refused before they are opened.
    """
    path = Path(path)
    with _finding(path):
        if pipes.is_pipe(_status(path)):
            return pipes.received(path, most)
        overwrite_guard.note_read(path)
        return path.open("rb")


def holds(path: AnyPath, pieces: Iterable[bytes | memoryview]) -> int:
    """How many bytes the file at `path` has, if they are just these; else 0. It does not count as read: nothing comes
    of it but that the file need not be written."""
    size = 0
    with suppress(OSError), Path(path).open("rb") as stream:
        for piece in pieces:
            if stream.read(len(piece)) != piece:
                return 0
            size += len(piece)
        return 0 if stream.read(1) else size
    return 0


def ensure_file(path: AnyPath) -> None:
    """Raises what `opened` would raise where there is nothing to open."""
    with _finding(Path(path)):
        _status(Path(path))


def _status(path: Path) -> os.stat_result:
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or pipes.is_pipe(status)):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device"
        raise _refused(path, Malformed(f"it is {kind}, not a file"))
    return status


@contextmanager
def _finding(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except (OSError, ValueError) as fault:
        raise _refused(path, Malformed(reason(fault))) from fault


def standard_input(most: int) -> bytes:
    """The first bytes of standard input."""
    with suppress(OSError, ValueError):  # of a stream that is no file
        overwrite_guard.note_read(sys.stdin.fileno(), "<stdin>")
    return sys.stdin.buffer.read(most)


@contextmanager
def blaming(path: AnyPath) -> Iterator[None]:
    """Turns `Malformed`, and the system's own errors while reading, into a `FileError` about `path`."""
    try:
        yield
    except Malformed as fault:
        raise _refused(path, fault) from fault
    except OSError as fault:
        raise _refused(path, Malformed(reason(fault))) from fault


def _refused(path: AnyPath, fault: Malformed) -> FileError:
    shown = str(path) if "://" in str(path) else str(Path(path))
    message = f"`{Path(path).name or shown}` {fault.message}"
    return FileError([Diagnostic(fault.code, message, file=shown, why=fault.why, help=fault.help)])


def _missing(path: Path) -> FileError:
    near = None
    with suppress(OSError), os.scandir(path.parent) as entries:
        near = closest(path.name, (entry.name for entry in islice(entries, NEIGHBOURS)))
    help = f"did you mean `{near}`?" if near else "check the path, and its case"
    return FileError([Diagnostic("E404", f"there is no file `{path}`", file=str(path), help=help)])


def reason(fault: OSError | ValueError) -> str:
    return getattr(fault, "strerror", None) or str(fault)
