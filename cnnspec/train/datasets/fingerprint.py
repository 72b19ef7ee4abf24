"""A hash of data: equal data give equal ones on every machine, wherever they lie."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from ...files.file_array import StoredArray, pieces


def fingerprint(*parts: StoredArray | str) -> str:
    """The hash of words and arrays, every number of them."""
    found = sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(f"{len(part)}:{part}".encode(errors="surrogateescape"))
        else:
            found.update(f"{part.dtype.str}{part.shape}".encode())
            for _, piece in pieces(part):
                found.update(np.ascontiguousarray(piece).data)
    return found.hexdigest()
