"""Files that one process at a time works on. The system takes a lock back when its process dies, however that ends.

The lock of a file is a hidden neighbour of it, since the file itself may be replaced meanwhile. Whoever holds it writes
the process' number into it, and removes it in the end; after a kill it stays, and is taken by the next one.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .flock import lock
from .places import AnyPath, is_stream
from .writing import hidden_name, writing

_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
"""What file systems say that know no locks: without them, work goes on as it would have."""


class Taken(Exception):  # noqa: N818 - it becomes a Diagnostic where it is known what the work is
    """Another one works on the file: in words."""


@contextmanager
def locked(path: AnyPath) -> Iterator[None]:
    """Work on the file at `path`, by whatever name or link, alone. Raises Taken at once when another one does, in this
    process or in another; E415 when the lock cannot be written. Devices and pipes have none."""
    target = Path(os.path.realpath(path))
    if is_stream(target):
        yield
        return
    place = target.with_name(f"{hidden_name(target)}.lock")
    with writing(path):
        descriptor = _taken(place)
    try:
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        if sys.platform == "win32":
            os.close(descriptor)  # what is open cannot be removed there
            with suppress(OSError):
                place.unlink()
        else:
            with suppress(OSError):
                place.unlink()  # before others can have it: they look whether theirs is still there
            os.close(descriptor)


def _taken(place: Path) -> int:
    """The descriptor of the lock, held."""
    while True:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            _lock(descriptor)
            if os.path.samestat(os.fstat(descriptor), place.stat()):
                return descriptor
        except FileNotFoundError:  # who had it has just removed it: there may be a new one
            pass
        except OSError as fault:
            holder = _holder(descriptor)
            os.close(descriptor)
            if fault.errno in _TAKEN:
                raise Taken(holder) from None
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        lock(descriptor)
    except OSError as fault:
        if fault.errno not in _UNKNOWN:
            raise


def _holder(descriptor: int) -> str:
    with suppress(OSError, AttributeError):  # Windows has no `pread`
        written = os.pread(descriptor, 20, 0)
        if written.isdigit():
            return f"process {written.decode()}"
    return "another process"
