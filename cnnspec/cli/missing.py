"""Files that a command needs and that are not there: all of them are told in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING

from ..diagnostics import Diagnostic, Failure, FileError
from ..files.places import AnyPath, is_folder
from ..files.reading import ensure_file

if TYPE_CHECKING:
    from ..graph.array import Array

    Needed = AnyPath | Callable[[], AnyPath | Array | None] | None
    """A path, or what finds it, which may raise Failure; None for what is not needed. An array is there."""


@contextmanager
def together_with(*others: Needed) -> Iterator[None]:
    """A FileError of the block also says which of the `others` are missing, for which the command would ask next."""
    try:
        yield
    except FileError as error:
        missing = [diagnostic for other in others for diagnostic in _missing(other)]
        raise FileError(dict.fromkeys([*error.diagnostics, *missing])) from None


def _missing(needed: Needed) -> tuple[Diagnostic, ...]:
    try:
        path = needed() if callable(needed) else needed
        if isinstance(path, str | PathLike) and not is_folder(path):
            ensure_file(path)
    except Failure as error:
        return error.diagnostics
    return ()
