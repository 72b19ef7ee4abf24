"""A hash of data: equal data give equal ones on every machine, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np

from ...files.file_array import PIECE, StoredArray, pieces
from .storage import are_few


def fingerprint(*parts: StoredArray | str) -> str:
    """The hash of words and arrays; of an array that is not held in memory only the shape, the first and last rows."""
    found = sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(f"{len(part)}:{part}".encode(errors="surrogateescape"))
        else:
            found.update(f"{part.dtype.str}{part.shape}".encode())
            _add(found.update, part)
    return found.hexdigest()


def _add(update: Callable[[Any], None], array: StoredArray) -> None:
    if are_few(array.nbytes):
        for _, piece in pieces(array):
            update(np.ascontiguousarray(piece).data)
    else:
        rows = 1 + PIECE * len(array) // array.nbytes
        update(np.ascontiguousarray(array[:rows]).data)
        update(np.ascontiguousarray(array[-rows:]).data)
