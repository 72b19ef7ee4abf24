"""A hash of data: equal data give equal ones on every machine, wherever they lie."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .storage import CHUNK, HELD


def fingerprint(*parts: NDArray[Any] | str) -> str:
    """The hash of words and arrays; of an array larger than `HELD` bytes only the shape, the first and last rows."""
    found = sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(f"{len(part)}:{part}".encode(errors="surrogateescape"))
        else:
            found.update(f"{part.dtype.str}{part.shape}".encode())
            _add(found.update, part)
    return found.hexdigest()


def _add(update: Any, array: NDArray[Any]) -> None:
    rows = max(1, CHUNK // max(1, array[:1].nbytes))
    starts = range(0, len(array), rows)
    for start in starts if array.nbytes <= HELD else (0, max(0, len(array) - rows)):
        update(np.ascontiguousarray(array[start : start + rows]).data)
