"""Arrays and texts as the page holds them: deflated, in base64. `scripts/blocks.js` reads them.

Of float32 the bytes of equal weight stand together, which deflate finds much more in.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from itertools import accumulate
from typing import Any

import numpy as np

from ...graph.array import Array

LEVEL = 6
"""How hard deflate tries; 9 takes twice as long and saves one byte in a hundred."""


def packed(values: Array) -> bytes:
    """The values in C order as float32, little-endian, shuffled and deflated."""
    numbers = np.ascontiguousarray(values, "<f4").reshape(-1)
    return zlib.compress(numbers.view(np.uint8).reshape(-1, 4).T.tobytes(), LEVEL)


class Store:
    """Pieces of bytes one behind another. A piece is known by its number."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> int:
        self.pieces.append(piece)
        self.size += len(piece)
        return len(self.pieces) - 1

    @property
    def ends(self) -> list[int]:
        """Where each piece ends."""
        return list(accumulate(map(len, self.pieces)))

    def block(self) -> str:
        return b64encode(b"".join(self.pieces)).decode("ascii")


def data_block(data: Any) -> str:
    """JSON, deflated, in base64."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return b64encode(zlib.compress(text.encode(), LEVEL)).decode("ascii")
