"""Files that go together, of which the first refers to the others: all are written, or none.

No system replaces several files at once. The older ones are set aside before the first is replaced; what goes wrong
puts them back. Whoever is killed between the first and the last leaves the others without the one that refers to them,
never one that refers to files of another set; the next writer of the same files puts the older ones back first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import Diagnostic, FileError
from .lock import Taken, locked
from .places import AnyPath, is_stream
from .writing import hidden_name, whole, writing


@contextmanager
def written_together(path: AnyPath, *others: AnyPath) -> Iterator[list[BinaryIO]]:
    """Streams, each like that of `whole`, whose bytes become the files when the block ends well. Raises FileError
    (E415) for others beside a device or a pipe."""
    if not others:
        with whole(path) as stream:
            yield [stream]
        return
    if is_stream(path):
        message, why = f"`{path}` cannot be written", f"`{others[0]}` has to lie beside it, and this is no file"
        raise FileError([Diagnostic("E415", message, file=str(path), why=why, help="give the name of a file")])
    with _alone(path), _replacing([_Older(each) for each in (path, *others)]) as older, ExitStack() as held:
        yield [held.enter_context(whole(each)) for each in (path, *others)]
        with writing(path):
            for each in older:
                each.set_aside()


@contextmanager
def _alone(path: AnyPath) -> Iterator[None]:
    """Nobody else writes the set meanwhile: the one's first file could come to lie beside the other's others."""
    try:
        with locked(path):
            yield
    except Taken as holder:
        message, cure = f"`{path}` cannot be written", "wait for its end, or give another name"
        raise FileError(
            [Diagnostic("E415", message, file=str(path), why=f"{holder} is at work on it", help=cure)]
        ) from None


@contextmanager
def _replacing(older: list[_Older]) -> Iterator[list[_Older]]:
    """What was begun by a process that was killed is undone before, and what fails in the block after it."""
    with writing(older[0].target):
        _put_back(older)
    try:
        yield older
    except BaseException:
        with suppress(OSError):
            _put_back(older)
        raise
    for each in reversed(older):
        with suppress(OSError):
            each.aside.unlink(missing_ok=True)


class _Older:
    """A file that is to be replaced, and where it lies meanwhile."""

    def __init__(self, path: AnyPath) -> None:
        self.target = Path(os.path.realpath(path))
        self.aside = self.target.with_name(f"{hidden_name(self.target)}.old")
        self.is_first = False
        """Whether nothing was there that could be set aside."""

    def set_aside(self) -> None:
        try:
            self.target.replace(self.aside)
        except FileNotFoundError:
            self.is_first = True

    def put_back(self) -> None:
        if self.is_first:
            self.target.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            self.aside.replace(self.target)


def _put_back(older: list[_Older]) -> None:
    """Undo what was begun and not ended: the file that refers to the others is set aside first and replaced last, so
    where it is there is nothing to undo."""
    if not older[0].target.exists():
        for each in reversed(older):
            each.put_back()
