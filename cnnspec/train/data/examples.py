"""A data set as training sees it: so many examples, any of which can be read at any time, from any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Images = NDArray[np.float32]
Answers = NDArray[Any]
"""What examples ought to give: labels int64 (n,), or targets float32 (n, *output)."""


class Inputs(Protocol):
    """Inputs of the network, on disk or in memory."""

    def __len__(self) -> int: ...

    def read(self, indices: Indices) -> Images:
        """Those of the given places, (n, C, H, W)."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs and what the network ought to make of them.

    `name` is the path shown to the reader. `classes` are the names of the labels where they have some. `blank` is
    the value (C,) of a black cell, in each channel: the background that augmentation fills in. `fingerprint` is a hash
    of the data, without any path: other data, other hash. With many data it hashes their beginnings and sizes.
    """

    name: str
    inputs: Inputs
    answers: Answers
    classes: tuple[str, ...] | None
    blank: NDArray[np.float32]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.inputs)

    def read(self, indices: Indices) -> tuple[Images, Answers]:
        """Inputs float32 (n, C, H, W), C-contiguous, and labels int64 (n,) or targets float32 (n, *output).

        Raises FileError (E410) for an image that turns out to be damaged.
        """
        raise NotImplementedError
