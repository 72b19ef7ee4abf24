"""Zip archives whose checksums are right again, so that what stands behind them is reached."""

from __future__ import annotations

import struct
import zlib

DEFLATED = 8


def repaired(data: bytes) -> bytes:
    """The archive with the checksum of each member that its list names, where that can be read."""
    made = bytearray(data)
    at = data.find(b"PK\1\2")
    while at >= 0 and at + 46 <= len(data):
        method, size, place = *struct.unpack_from("<H8xL", data, at + 10), *struct.unpack_from("<L", data, at + 42)
        if data[place : place + 4] == b"PK\3\4" and place + 30 <= len(data):
            name, extra = struct.unpack_from("<2H", data, place + 26)
            begin = place + 30 + name + extra
            checksum = struct.pack("<L", zlib.crc32(_unpacked(data[begin : begin + size], method)))
            made[at + 16 : at + 20] = made[place + 14 : place + 18] = checksum
        at = data.find(b"PK\1\2", at + 4)
    return bytes(made)


def _unpacked(packed: bytes, method: int) -> bytes:
    if method != DEFLATED:
        return packed
    try:
        return zlib.decompressobj(-15).decompress(packed, 2**20)
    except zlib.error:
        return b""
