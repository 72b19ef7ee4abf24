"""What a command reads, nothing that it writes may replace. One guard for all: whatever is opened goes through it.

A file is known by itself, by its device and its number there, so a link, a hard link or another spelling is the same
file. It does not matter which comes first: what has been read is not written, what is to be written is not read. The
command line guards each command; a library's user may read a file and write it again, and is not guarded.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .places import AnyPath, are_one, status

_Identity = tuple[int, int]
_Place = AnyPath | int
"""A path, or the descriptor of a file that is open."""


class WouldOverwrite(Exception):  # noqa: N818 - who guards says it in words of its own
    """`output` is to be written, and is `read`, or, with `is_part`, would be a file of what is read."""

    def __init__(self, output: AnyPath, read: AnyPath, is_part: bool = False) -> None:
        super().__init__(output, read, is_part)
        self.output, self.read, self.is_part = output, read, is_part


class _Guard:
    """What has been read, by its identity; what has been and will be written; what may be both.

    A number is given anew once its file is gone, so a file that is found again counts only if it is still at its place.
    """

    def __init__(self) -> None:
        self.read: dict[_Identity, tuple[_Place, AnyPath]] = {}
        self.folders: list[tuple[AnyPath, Callable[[Path], bool]]] = []
        self.written: list[AnyPath] = []
        self.exempt: list[AnyPath] = []


_guard: _Guard | None = None


@contextmanager
def guarded() -> Iterator[None]:
    """Guard the files of the block's work."""
    global _guard
    before, _guard = _guard, _Guard()
    try:
        yield
    finally:
        _guard = before


def note_read(place: _Place, shown: AnyPath = "") -> None:
    """A file is read, or is to be. Raises WouldOverwrite where it is one that is written."""
    if _guard is None or (identity := _identity(place)) is None:
        return
    if any(_identity(path) == identity for path in _guard.exempt):
        return
    shown = shown or str(place)
    for output in _guard.written:
        if _identity(output) == identity:
            raise WouldOverwrite(output, shown)
    known, _ = _guard.read.get(identity, (None, ""))
    if known is None or _identity(known) != identity:  # what had the number before is gone
        _guard.read[identity] = (place, shown)


def note_folder(folder: AnyPath, is_part: Callable[[Path], bool]) -> None:
    """A folder is read, and with it each file in it that is called like this. Raises WouldOverwrite where a new one is
    written."""
    if _guard is None:
        return
    for output in _guard.written:
        _refuse_part(output, folder, is_part)
    _guard.folders.append((folder, is_part))


def note_written(path: AnyPath) -> None:
    """A file is to be written. Raises WouldOverwrite where it is one that is read, or would be part of it."""
    ensure_unread(path)
    if _guard is not None and path not in _guard.written:
        _guard.written.append(path)


def ensure_unread(path: AnyPath) -> None:
    """A file is written. Raises WouldOverwrite where it is one that has been read, or would be part of it."""
    if _guard is None or any(_is_target(path, other) for other in _guard.exempt):
        return
    for folder, is_part in _guard.folders:
        _refuse_part(path, folder, is_part)
    identity = _identity(path)
    place, shown = _guard.read.get(identity, (None, "")) if identity else (None, "")
    if place is not None and _identity(place) == identity:
        raise WouldOverwrite(path, shown)


def _is_target(path: AnyPath, other: AnyPath) -> bool:
    """Whether both names stand for one file, whether it is there or not."""
    return are_one(path, other) or os.path.realpath(path) == os.path.realpath(other)


def _refuse_part(output: AnyPath, folder: AnyPath, is_part: Callable[[Path], bool]) -> None:
    target = Path(os.path.realpath(output))
    if is_part(target) and are_one(target.parent, folder):
        raise WouldOverwrite(output, folder, is_part=True)


def exempt(path: AnyPath) -> None:
    """The file may be read and written from here on: a checkpoint, weights that are learned on in their place. Raises
    WouldOverwrite where it is one that has been read for something else."""
    note_written(path)
    if _guard is not None:
        _guard.exempt.append(path)


def rewrite(path: AnyPath) -> None:
    """The file may be written, though it has been read: it is mended in its place."""
    if _guard is not None:
        _guard.exempt.append(path)


def _identity(place: _Place) -> _Identity | None:
    """Of a plain file that is there: pipes and devices are not replaced."""
    try:
        found = os.fstat(place) if isinstance(place, int) else status(place)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None and stat.S_ISREG(found.st_mode) else None
