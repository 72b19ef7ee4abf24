"""Files that a command needs and that are not there: all of them are told in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..diagnostics import Diagnostic, FileError
from ..files.places import AnyPath, is_folder
from ..files.reading import ensure_file

Needed = AnyPath | Callable[[], AnyPath | None] | None
"""A path, or what finds it, which may raise FileError; None for what is not needed."""


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
        if path is not None and not is_folder(path):
            ensure_file(path)
    except FileError as error:
        return error.diagnostics
    return ()
