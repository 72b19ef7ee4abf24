"""A piece of a file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import BinaryIO

from .refusal import damaged


@dataclass(frozen=True, slots=True)
class Region:
    """`size` bytes from `start`, known to lie inside the file. A `checksum` of 0 was never computed."""

    start: int
    size: int
    checksum: int = 0

    def read(self, file: BinaryIO, what: str) -> bytes:
        """Its bytes, compared with the CRC-32 that the writer left; `what` names them in the message."""
        file.seek(self.start)
        data = file.read(self.size)
        if len(data) < self.size or (self.checksum and zlib.crc32(data) != self.checksum):
            raise damaged(f"{what} has changed since it was written", "its bytes and its checksum do not match")
        return data
