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
    older = [_Older(each) for each in (path, *others)]
    with writing(path):
        _put_back(older)
    try:
        with ExitStack() as held:
            yield [held.enter_context(whole(each)) for each in (path, *others)]
            with writing(path):
                for each in older:
                    each.set_aside()
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
