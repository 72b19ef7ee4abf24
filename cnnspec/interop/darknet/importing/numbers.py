"""A Darknet file of weights: a header, then float32 for one layer after the other, without names."""

from __future__ import annotations

from math import prod
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...faults import broken

HEADER = 12
"""Bytes of three whole numbers: major, minor, revision. How many images were seen follows, in 4 or 8 bytes."""


class Numbers:
    """The numbers that are left in a file."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self.stream, self.path = stream, path
        self.size = stream.seek(0, 2)
        stream.seek(0)
        head = stream.read(HEADER)
        if len(head) < HEADER:
            raise broken(path, "the weights have no header", f"the file has {self.size:,} bytes", "download it again")
        major, minor, _ = np.frombuffer(head, "<i4").tolist()
        self.is_turned = major > 1000 or minor > 1000
        """Whether weights of neurons stand input by input."""
        stream.seek(HEADER + (8 if major * 10 + minor >= 2 and not self.is_turned else 4))

    @property
    def left(self) -> int:
        """Bytes that nobody has taken."""
        return max(0, self.size - self.stream.tell())

    def take(self, what: str, *shape: int) -> NDArray[np.float32]:
        """The next numbers. Raises FileError (E430) where there are not as many, or some are not finite."""
        wanted = 4 * prod(shape)
        if wanted > self.left:
            why = f"{what} wants {wanted:,} bytes, {self.left:,} are left"
            raise broken(self.path, "the weights end too early", why, "the files are to be of one network")
        found = np.frombuffer(self.stream.read(wanted), "<f4").reshape(shape)
        if not np.isfinite(found).all():
            why = f"there are infinite ones, or such that are none, among those of {what}"
            raise broken(self.path, "the weights are not finite", why, "is it the weights of this network?")
        return found
