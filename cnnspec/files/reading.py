"""Files of the person who calls: opened when they are plain files, written whole or not at all.

What the system or a file's content has against it becomes a `FileError` here: E403 and E404 for reading,
E415 for writing.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import Diagnostic, FileError, closest

AnyPath = str | os.PathLike[str]

_STREAM_FOLDERS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
_NEIGHBOURS = 1000


@dataclass(eq=False)
class Malformed(Exception):  # noqa: N818 - it becomes a Diagnostic once its file is known
    """Why a file's content cannot be used. The message goes on after the file's name."""

    why: str
    help: str = ""
    code: str = "E403"
    message: str = "cannot be read"


def opened(path: AnyPath) -> BinaryIO:
    """The plain file at `path`, open for reading; E404 when there is none, E403 when it cannot be read.

    Folders, pipes and devices are refused before they are opened: a pipe would wait for ever.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
            raise _refused(path, Malformed(f"it is {kind}, not a file"))
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except (OSError, ValueError) as fault:
        raise _refused(path, Malformed(_reason(fault))) from fault


@contextmanager
def blaming(path: AnyPath) -> Iterator[None]:
    """Turns `Malformed`, and the system's own errors while reading, into a `FileError` about `path`."""
    try:
        yield
    except Malformed as fault:
        raise _refused(Path(path), fault) from fault
    except OSError as fault:
        raise _refused(Path(path), Malformed(_reason(fault))) from fault


@contextmanager
def whole(path: AnyPath) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file at `path` when the block ends well; otherwise nothing changes.

    They are gathered in a new file of the same folder, which then takes the name (and the permissions) of an
    older one; a link goes on pointing where it did. Devices and pipes are written directly. A failure to
    write is E415; a reader that has closed its pipe stays a BrokenPipeError.
    """
    path = Path(path)
    with writing(path), path.open("wb") if _is_stream(path) else _replacing(path) as stream:
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
    if not _is_stream(path):
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
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or path.parent in _STREAM_FOLDERS


def _refused(path: Path, fault: Malformed) -> FileError:
    message = f"`{path.name or path}` {fault.message}"
    return FileError([Diagnostic(fault.code, message, file=str(path), why=fault.why, help=fault.help)])


def _missing(path: Path) -> FileError:
    near = None
    with suppress(OSError), os.scandir(path.parent) as entries:
        near = closest(path.name, (entry.name for entry in islice(entries, _NEIGHBOURS)))
    help = f"did you mean `{near}`?" if near else "check the path, and its case"
    return FileError([Diagnostic("E404", f"there is no file `{path}`", file=str(path), help=help)])


def _unwritten(path: Path, fault: OSError) -> FileError:
    cures = {
        errno.ENOSPC: "make room on the disk, or write to another one",
        errno.ENOENT: f"create the folder `{path.parent}` first",
        errno.ENOTDIR: f"`{path.parent}` is not a folder: choose another",
        errno.EISDIR: "give the name of a file in it",
    }
    help = cures.get(fault.errno or 0, "choose a folder where you may write")
    why = _reason(fault)
    return FileError([Diagnostic("E415", f"`{path}` cannot be written", file=str(path), why=why, help=help)])


def _reason(fault: OSError | ValueError) -> str:
    return getattr(fault, "strerror", None) or str(fault)
