"""Files written whole or not at all: into a neighbour first, which then takes the name. Faults become E415.

The neighbour is locked while its writer lives. What a killed one has left is not, and the next writer of the same file
removes it.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import Diagnostic, FileError
from .flock import lock
from .overwrite_guard import ensure_unread, note_written
from .places import AnyPath, descriptor, is_folder, is_stream
from .reading import reason

_HIDDEN = ".cnnspec"
_UNSYNCED = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)
"""What systems and file systems say that cannot do it for a folder, or of one that may not be read."""


@contextmanager
def whole(path: AnyPath, *, clears: bool = True) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file at `path` when the block ends well; otherwise nothing changes.

    They are gathered in a new file of the same folder, which then takes the name (and the permissions) of an
    older one; a link goes on pointing where it did. Devices and pipes are written directly. A failure to
    write is E415; a reader that has closed its pipe stays a BrokenPipeError. Nothing that a guarded command has read
    is replaced: WouldOverwrite. Who has called `cleared` for the folder need not have it searched for each file.
    """
    path = Path(path)
    ensure_unread(path)
    with writing(path), BufferedWriter(open_stream(path)) if is_stream(path) else _replacing(path, clears) as stream:
        yield stream


def open_stream(path: AnyPath) -> FileIO:
    """A pipe or a device, to be written to; what is open already goes on where it is. Raises OSError."""
    number = descriptor(path)
    return FileIO(path if number is None else os.dup(number), "wb")


@contextmanager
def writing(path: AnyPath) -> Iterator[None]:
    """Turns the system's errors while writing into E415 about `path`; a closed pipe stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise _unwritten(Path(path), fault) from fault


def ensure_writable(path: AnyPath) -> None:
    """Raises what `whole` would raise for this file, so that long work need not end in vain."""
    path = Path(path)
    note_written(path)
    if not is_stream(path):
        with suppress(_Undone), whole(path):
            raise _Undone


def cleared(folder: AnyPath, begin: str = f"{_HIDDEN}-") -> int:
    """Remove what killed processes have left of files in a folder; not what a living one writes. How many there
    were."""
    removed = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(begin) and entry.name.endswith(".tmp")]:
            with suppress(OSError):
                _remove_unlocked(Path(folder, name))
                removed += 1
    return removed


def _remove_unlocked(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        lock(descriptor)
        path.unlink()
    finally:
        os.close(descriptor)


def hidden_name(target: Path) -> str:
    """How the names begin of what is kept beside a file for a while: few letters, since its own name may be a long
    one."""
    from hashlib import sha256  # takes longer to import than most specs to check

    return f"{_HIDDEN}-{sha256(os.fsencode(target.name)).hexdigest()[:8]}"


class _Undone(Exception):  # noqa: N818 - never seen: it ends a write that is not wanted
    pass


@contextmanager
def _replacing(path: Path, clears: bool) -> Iterator[BinaryIO]:
    target = Path(os.path.realpath(path))
    if is_folder(target):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if clears:
        cleared(target.parent, f"{hidden_name(target)}-")
    stream, temporary = _temporary(target)
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            with suppress(FileNotFoundError):
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            if os.name == "nt":  # where a file that is open keeps its name
                stream.close()
            temporary.replace(target)
        _sync_folder(target.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _temporary(target: Path) -> tuple[BinaryIO, Path]:
    """A new file beside the `target`, locked, and its path."""
    while True:
        path = target.with_name(f"{hidden_name(target)}-{secrets.token_hex(6)}.tmp")
        stream = _new(path, target)
        with suppress(OSError):  # of a file system that knows no locks, remains cannot be told from what is written
            lock(stream.fileno())
        if _is_at(path, stream):
            return stream, path
        stream.close()  # somebody took it for remains before it was locked


def _new(path: Path, target: Path) -> BinaryIO:
    """A new file, from the start for nobody who may not read the `target` that it is to replace."""
    mode = 0o666
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode)
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))


def _is_at(path: Path, stream: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Let a new name survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as fault:
        if fault.errno not in _UNSYNCED:
            raise


def _unwritten(path: Path, fault: OSError) -> FileError:
    cures = {
        errno.ENOSPC: "make room on the disk, or write to another one",
        errno.ENOENT: f"create the folder `{path.parent}` first",
        errno.ENOTDIR: f"`{path.parent}` is not a folder: choose another",
        errno.EISDIR: "give the name of a file in it",
        errno.ENAMETOOLONG: "give it a shorter name",
        errno.ELOOP: "the links of this path lead in a circle: give another one",
    }
    help = cures.get(fault.errno or 0, "choose a folder where you may write")
    why = reason(fault)
    return FileError([Diagnostic("E415", f"`{path}` cannot be written", file=str(path), why=why, help=help)])
