"""Arrays of inputs in an `.npy` file of this machine, of which each can be read without the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ...diagnostics import FileError
from ...files import store
from ...inputs.arrays import separable
from ...inputs.batches import Case, of_array
from ..task import Span
from . import single
from .decoding import Decoding


def cases(url: str, decoding: Decoding, span: Span | None = None) -> Iterator[Case]:
    """Each input of the array, or of a part of it, named by the file and its number."""
    if span is None:
        yield from single.cases(url, decoding)
        return
    path, name = single.placed(url, decoding)
    try:
        for case in of_array(path, name, decoding.input, *span):
            yield case._replace(label=path.parent.name)
    except FileError as failure:
        yield Case(name, failure=failure, label=path.parent.name)


def cuts(url: str, decoding: Decoding, size: int) -> Iterator[int]:
    """Every input behind `size` others. None where the file cannot be used, and where its inputs do not lie one behind
    the other."""
    if not store.is_remote(url):
        with suppress(FileError):
            yield from range(size, separable(decoding.place(url), decoding.input), size)
