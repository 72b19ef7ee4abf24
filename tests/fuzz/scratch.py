"""Files for readers that want a path, in memory where a system has a folder for it."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


@cache
def _made() -> TemporaryDirectory[str]:
    memory = Path("/dev/shm")
    made = TemporaryDirectory(prefix="cnnspec-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(made.cleanup)
    return made


def folder() -> Path:
    """A folder for as long as this process is there."""
    return Path(_made().name)


def remove() -> None:
    """For a process that is to end without `atexit`."""
    _made().cleanup()


def file(name: str, data: bytes) -> Path:
    """A file of that name with these bytes. It is a new one each time: a mapped one may not change."""
    path = folder() / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    return path
