"""Plain PNGs without Pillow, whose import takes longer than the rest of a look at a small sample.

Source of the format: W3C, Portable Network Graphics (PNG) Specification (Third Edition), chapters 5, 9, 10 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 2**20
"""Of the file, and of its pixels: beyond, Pillow's import no longer counts."""

_COLOURS = {0: ("L", 1), 2: ("RGB", 3)}
"""Colour types: Pillow's name and the bytes of a pixel."""
_FILTERS = 5


def header(path: Path) -> tuple[int, int, str] | None:
    """(width, height, mode) of a PNG with 8-bit gray or RGB pixels, all of them there, and nothing else.

    None for any other file, also a damaged or missing one: that is Pillow's to judge.
    """
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return _header(path.read_bytes())
    except (OSError, ValueError, struct.error, zlib.error):
        return None


def _header(data: bytes) -> tuple[int, int, str] | None:
    kinds, bodies = zip(*_chunks(data), strict=True)
    if kinds != (b"IHDR", *[b"IDAT"] * (len(kinds) - 2), b"IEND"):
        return None
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", bodies[0])
    if depth != 8 or colour not in _COLOURS or methods != [0, 0, 0]:
        return None
    mode, channels = _COLOURS[colour]
    row = 1 + width * channels  # its filter, then its pixels
    size = height * row
    if not (width and height and size <= MAX_BYTES):
        return None
    unpacker = zlib.decompressobj()
    pixels = unpacker.decompress(b"".join(bodies[1:-1]), size + 1)
    is_sound = len(pixels) == size and unpacker.eof and max(pixels[::row]) < _FILTERS
    return (width, height, mode) if is_sound else None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk. Raises ValueError for what is not one, or not what was written."""
    if not data.startswith(SIGNATURE):
        raise ValueError
    at = len(SIGNATURE)
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if data[end : end + 4] != zlib.crc32(data[at + 4 : end]).to_bytes(4, "big"):
            raise ValueError
        yield data[at + 4 : at + 8], data[at + 8 : end]
        at = end + 4
