"""Files written whole or not at all: into a neighbour first, which then takes the name. Faults become E415."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import Diagnostic, FileError
from .reading import AnyPath, reason

_UNSYNCED = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)
"""What systems and file systems say that cannot do it for a folder, or of one that may not be read."""
_STREAM_FOLDERS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


@contextmanager
def whole(path: AnyPath) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file at `path` when the block ends well; otherwise nothing changes.

    They are gathered in a new file of the same folder, which then takes the name (and the permissions) of an
    older one; a link goes on pointing where it did. Devices and pipes are written directly. A failure to
    write is E415; a reader that has closed its pipe stays a BrokenPipeError.
    """
    path = Path(path)
    with writing(path), path.open("wb") if is_stream(path) else _replacing(path) as stream:
        yield stream


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
    """Raises E415 when `whole` could not write this file, so that long work need not end in vain."""
    path = Path(path)
    if not is_stream(path):
        with suppress(_Undone), whole(path):
            raise _Undone


def clear_remains(path: AnyPath) -> None:
    """Remove what killed processes have left of the file at `path`; of one that is about to be written, too."""
    target = Path(os.path.realpath(path))
    for remains in target.parent.glob(f"{_prefix(target)}*.tmp"):
        with suppress(OSError):
            remains.unlink()


def _prefix(target: Path) -> str:
    """How the names begin under which a file is gathered: few letters, since its own name may be a long one."""
    return f".cnnspec-{sha256(os.fsencode(target.name)).hexdigest()[:8]}-"


class _Undone(Exception):  # noqa: N818 - never seen: it ends a write that is not wanted
    pass


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    temporary = target.with_name(f"{_prefix(target)}{secrets.token_hex(6)}.tmp")
    try:
        with _new(temporary, target) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
        _sync_folder(target.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _new(path: Path, target: Path) -> BinaryIO:
    """A new file, from the start for nobody who may not read the `target` that it is to replace."""
    mode = 0o666
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode)
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))


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


def is_stream(path: Path) -> bool:
    """Whether what is at `path` is written to as it is, and never replaced: a device, a pipe."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or path.parent in _STREAM_FOLDERS


def _unwritten(path: Path, fault: OSError) -> FileError:
    cures = {
        errno.ENOSPC: "make room on the disk, or write to another one",
        errno.ENOENT: f"create the folder `{path.parent}` first",
        errno.ENOTDIR: f"`{path.parent}` is not a folder: choose another",
        errno.EISDIR: "give the name of a file in it",
    }
    help = cures.get(fault.errno or 0, "choose a folder where you may write")
    why = reason(fault)
    return FileError([Diagnostic("E415", f"`{path}` cannot be written", file=str(path), why=why, help=help)])
