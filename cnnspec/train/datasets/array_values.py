"""Arrays of a data set, taken as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError
from ...files.file_array import StoredArray, pieces
from ...files.reading import blaming
from .storage import are_few

Indices = NDArray[np.intp]
"""Places of examples in their data set."""


@dataclass(frozen=True, eq=False)
class ArrayValues:
    """The rows of an array, as `dtype`. `name` is what the array is called in the file `path`."""

    path: Path
    name: str
    array: StoredArray
    dtype: Literal["float32", "int64"]

    def __len__(self) -> int:
        return len(self.array)

    def read(self, indices: Indices) -> NDArray[Any]:
        with blaming(self.path), np.errstate(over="ignore"):
            rows = np.ascontiguousarray(self.array[indices], self.dtype)
        if not np.isfinite(rows).all():
            broken = int(indices[np.argmin(np.isfinite(rows.reshape(len(rows), -1)).all(axis=1))])
            message = f"`{self.name}[{broken}]` holds NaN or infinity"
            why = "one such number spoils every weight that is learned"
            help = "look for where it comes from, or leave the example out"
            raise FileError.about(self.path, "E426", message, why, help)
        return rows

    def check(self) -> ArrayValues:
        """Itself, after a look at every number when they are few."""
        if are_few(self.array.nbytes):
            for start, piece in pieces(self.array):
                self.read(np.arange(start, start + len(piece)))
        return self
