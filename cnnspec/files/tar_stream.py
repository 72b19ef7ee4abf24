"""The files in a tar archive, one behind the other, as they come: nothing is unpacked, nothing sought.

An archive ends with blocks of zeros, and a compressed one with a checksum. Where either is missing or wrong, so may be
files: that is said, and never taken for the end.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Any, BinaryIO, NamedTuple, cast

from .reading import Malformed

ENDINGS = (".tar", ".tar.gz", ".tgz")
EXTENDED = (*b"xgXLK",)
"""Types of headers that are about the next one: all of them is read into memory at once."""
LONGEST = 64 * 2**10
"""Bytes of such a header: a few times a path."""
_COMPRESSED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""By their first bytes. These, unlike `tarfile`, check a stream to its end, and read several behind each other."""


class Member(NamedTuple):
    """A file of the archive, with no more than its first bytes."""

    name: str
    data: bytes


class _Header(tarfile.TarInfo):
    """A header that is read without trust."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        """Raises ReadError for what `tarfile` takes for the end of the archive, though there is no mark of an end."""
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as fault:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise  # the mark
            raise tarfile.ReadError(str(fault)) from None
        if ord(header.type) in EXTENDED and header.size > LONGEST:
            raise tarfile.ReadError(f"a header of {header.size:,} bytes")
        return header


def members(stream: BinaryIO, most: int) -> Iterator[Member]:
    """Every plain file, with at most `most` of its bytes. Raises Malformed where the archive is damaged or cut off."""
    try:
        with _unpressed(stream) as plain, tarfile.open(fileobj=plain, mode="r|", tarinfo=_Header) as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
                if member.isreg():
                    file = archive.extractfile(member)
                    assert file is not None, "it is a plain one"
                    data = file.read(min(member.size, most))
                    if len(data) < min(member.size, most):
                        raise tarfile.ReadError("unexpected end of data")
                    yield Member(member.name, data)
            _ensure_end(cast("IO[bytes]", archive.fileobj))
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, ValueError) as fault:
        raise Malformed(f"it is no tar archive, or cut off: {fault}", "write or download it again") from None


@contextmanager
def _unpressed(stream: BinaryIO) -> Iterator[IO[bytes]]:
    buffered = BufferedReader(stream)  # type: ignore[type-var]
    start = buffered.peek(8)
    try:
        unpressed = next((unpressed for magic, unpressed in _COMPRESSED.items() if start.startswith(magic)), None)
        yield unpressed(buffered) if unpressed else cast("IO[bytes]", buffered)
    finally:
        buffered.detach()  # whoever opened the stream closes it


def _ensure_end(rest: IO[bytes]) -> None:
    """Behind the last file there are zeros alone; more files would be those of an archive that was joined to it."""
    while block := rest.read(tarfile.RECORDSIZE):
        if any(block):
            raise tarfile.ReadError("there is more behind its end")
