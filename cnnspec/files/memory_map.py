"""Arrays that lie in a mapped file: their memory can be given back, for the file still has their values."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def release(arrays: Iterable[NDArray[Any]]) -> None:
    """Give back the memory of those arrays that lie in a file mapped for reading, and of that file's others.

    They stay usable: what is read again is fetched again, most often from the system's cache. Where a system does not
    offer this, nothing happens.
    """
    if not hasattr(mmap, "MADV_DONTNEED"):
        return
    mappings = {id(mapping): mapping for array in arrays if (mapping := _mapping(array)) is not None}
    for mapping in mappings.values():
        mapping.madvise(mmap.MADV_DONTNEED)


def _mapping(array: Any) -> mmap.mmap | None:
    """The mapping in which an array lies. One that may be written to could lose what was written."""
    mode = ""
    while isinstance(array, np.ndarray):
        mode = array.mode if isinstance(array, np.memmap) else mode
        array = array.base
    return array if isinstance(array, mmap.mmap) and mode == "r" else None
