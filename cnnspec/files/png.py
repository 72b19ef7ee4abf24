"""Plain PNGs without Pillow, whose import takes longer than the rest of a look at a small sample.

Source of the format: W3C, Portable Network Graphics (PNG) Specification (Third Edition), chapters 5, 9, 10 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 2**20
"""Of the file, and of its pixels: beyond, Pillow's import no longer counts."""

_COLOURS = {0: "L", 2: "RGB"}
"""Colour types: Pillow's name, which has a letter for each byte of a pixel."""
SMALL = 2**10
"""Bytes of pixels up to which decoding here is no slower than by a Pillow that has been imported."""


class PlainImage(NamedTuple):
    """A PNG with 8-bit gray or RGB pixels, all of them there, and nothing else. `rows` are filtered."""

    width: int
    height: int
    mode: str
    rows: bytes


def header(file: BinaryIO) -> tuple[int, int, str] | None:
    """(width, height, mode) of a plain PNG.

    None for any other file, also a damaged one: that is Pillow's to judge.
    """
    found = _plain(file)
    return found and found[:3]


def pixels(file: BinaryIO) -> tuple[tuple[int, int, int], bytes] | None:
    """The shape (H, W, C) and the bytes of a small plain PNG; None for any other file."""
    found = _plain(file)
    if found is None or len(found.rows) - found.height > SMALL:
        return None
    channels = len(found.mode)
    width = found.width * channels
    lines = [bytes(width)]
    for at in range(0, len(found.rows), 1 + width):
        lines.append(_line(found.rows[at], found.rows[at + 1 : at + 1 + width], lines[-1], channels))
    return (found.height, found.width, channels), b"".join(lines[1:])


def _plain(file: BinaryIO) -> PlainImage | None:
    """Leaves the file at its beginning."""
    try:
        data = file.read(MAX_BYTES + 1)
        return _unpacked(data) if len(data) <= MAX_BYTES else None
    except (OSError, ValueError, struct.error, zlib.error):
        return None
    finally:
        file.seek(0)


def _unpacked(data: bytes) -> PlainImage | None:
    kinds, bodies = zip(*_chunks(data), strict=True)
    if kinds != (b"IHDR", *[b"IDAT"] * (len(kinds) - 2), b"IEND"):
        return None
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", bodies[0])
    if depth != 8 or colour not in _COLOURS or methods != [0, 0, 0]:
        return None
    mode = _COLOURS[colour]
    row = 1 + width * len(mode)  # its filter, then its pixels
    size = height * row
    if not (width and height and size <= MAX_BYTES):
        return None
    unpacker = zlib.decompressobj()
    rows = unpacker.decompress(b"".join(bodies[1:-1]), size + 1)
    is_sound = len(rows) == size and unpacker.eof and max(rows[::row]) < len(_FILTERS)
    return PlainImage(width, height, mode, rows) if is_sound else None


def _line(filter: int, line: bytes, above: bytes, channels: int) -> bytes:
    """A row's pixels: each byte was stored less what its filter foretells from those at its left and above."""
    made = bytearray(channels)
    foretold = _FILTERS[filter]
    for stored, up, corner in zip(line, above, bytes(channels) + above, strict=False):
        made.append((stored + foretold(made[-channels], up, corner)) % 256)
    return bytes(made[channels:])


def _paeth(left: int, up: int, corner: int) -> int:
    """The neighbour that is nearest to left + up - corner."""
    near = left + up - corner
    return min((left, up, corner), key=lambda value: abs(near - value))


_FILTERS: tuple[Callable[[int, int, int], int], ...] = (
    lambda left, up, corner: 0,
    lambda left, up, corner: left,
    lambda left, up, corner: up,
    lambda left, up, corner: (left + up) // 2,
    _paeth,
)


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
