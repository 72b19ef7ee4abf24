"""Large archives and tables, of which several workers each take a part. What is cut, and where, follows from the inputs
alone: shards are the same whoever makes them."""

from __future__ import annotations

from collections.abc import Iterable

from ..files.store import Stored
from .samples import parts
from .samples.decoding import Decoding
from .task import Span

SHARES = 64
"""A container with less than one of so many shares of all bytes is left whole: there are enough others to share the
work, and it need not be looked into before."""


class Parts:
    """The parts of each of the `files`, of `size` inputs each. Called with one, raises StoreError."""

    def __init__(self, files: Iterable[Stored], decoding: Decoding, size: int) -> None:
        self.decoding, self.size = decoding, size
        self.least = sum(max(file.size, 0) for file in files) / SHARES

    def __call__(self, file: Stored) -> list[Span]:
        return parts(file, self.decoding, self.size) if file.size >= self.least else []
