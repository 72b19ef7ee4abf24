"""What there is at a path. An impossible name (too long, of a loop of links, with a NUL) is one at which there is
nothing: whoever opens it learns why."""

from __future__ import annotations

import os
import stat
from pathlib import Path

AnyPath = str | os.PathLike[str]

LONGEST = 4096
"""Letters of a path that is taken for one, or for a pattern of some: more than systems allow."""
_STREAM_FOLDERS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


def status(path: AnyPath) -> os.stat_result | None:
    """What the system knows of the file at `path`, links followed; None when there is none."""
    try:
        return Path(path).stat()
    except (OSError, ValueError):
        return None


def is_possible(name: str) -> bool:
    """Whether there could be a file of that name: to take it for a pattern may fail, or take for ever."""
    return len(name) <= LONGEST and "\0" not in name


def exists(path: AnyPath) -> bool:
    return status(path) is not None


def is_plain(path: AnyPath) -> bool:
    """Whether there is a file that stays as it is while it is read: no pipe, no device."""
    found = status(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_file(path: AnyPath) -> bool:
    """Whether there is something to read: a file, or a pipe."""
    found = status(path)
    return found is not None and not stat.S_ISDIR(found.st_mode)


def is_folder(path: AnyPath) -> bool:
    found = status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_stream(path: AnyPath) -> bool:
    """Whether what is at `path` goes by and is never replaced: a pipe, a device, an open file of the process."""
    found = status(path)
    if found is None or stat.S_ISDIR(found.st_mode):
        return False
    return not stat.S_ISREG(found.st_mode) or Path(path).parent in _STREAM_FOLDERS


def descriptor(path: AnyPath) -> int | None:
    """The number of the open file of the process that a path names, `/dev/stdout` or `/dev/fd/3`; None for any other.

    To open such a path is another thing than to use the file that is open: it begins at the beginning again.
    """
    path = Path(path)
    if path.parent == _STREAM_FOLDERS[0]:
        return {"stdin": 0, "stdout": 1, "stderr": 2}.get(path.name)
    return int(path.name) if path.parent in _STREAM_FOLDERS and path.name.isdecimal() else None


def are_one(path: AnyPath, other: AnyPath) -> bool:
    """Whether two names are of one file that is there."""
    first, second = status(path), status(other)
    return first is not None and second is not None and os.path.samestat(first, second)
